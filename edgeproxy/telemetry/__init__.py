"""What is told about closed exchanges: one pure function from an exchange to a line, and a sink."""
