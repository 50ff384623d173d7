"""Other libraries on the console: each module here needs the library it is named after, and nothing else imports it."""
