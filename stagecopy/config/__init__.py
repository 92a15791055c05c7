"""stagecopy.yaml + environment + flags -> frozen settings. Nothing below this room ever sees the file."""
