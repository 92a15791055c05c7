UPDATE b24_trim_collides.tags SET word = trim(word) WHERE word LIKE '% ';
