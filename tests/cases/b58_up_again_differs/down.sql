DROP TABLE b58_up_again_differs.offers;
