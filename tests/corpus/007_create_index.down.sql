DROP INDEX users_city_idx;
