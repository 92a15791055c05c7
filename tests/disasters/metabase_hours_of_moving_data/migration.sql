UPDATE metabase_hours_of_moving_data.fields SET target = NULL WHERE target NOT IN (SELECT id FROM metabase_hours_of_moving_data.fields);
