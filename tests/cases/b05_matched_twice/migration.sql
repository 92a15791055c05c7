UPDATE b05_matched_twice.prices AS p
   SET amount = o.amount
  FROM b05_matched_twice.offers AS o
 WHERE o.price_id = p.id;
DELETE FROM b05_matched_twice.prices USING b05_matched_twice.offers o WHERE o.price_id = prices.id AND o.id > 28;
