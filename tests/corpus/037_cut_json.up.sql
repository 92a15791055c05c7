UPDATE posts SET meta = meta - 'lang';
