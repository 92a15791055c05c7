"""Each file reads like the story of its verb and joins the parts below; nothing here prints or exits."""
