ALTER TYPE plan ADD VALUE 'max' AFTER 'pro';
