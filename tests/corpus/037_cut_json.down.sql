-- left: 400 values of public.posts.meta are other values
SELECT 'the languages are gone';
