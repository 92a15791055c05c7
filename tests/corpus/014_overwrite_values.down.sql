-- left: 80 values of public.users.city are other values
SELECT 'the old cities are gone';
