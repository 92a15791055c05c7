UPDATE posts SET title = body, body = title;
