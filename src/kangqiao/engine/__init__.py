"""Reading, judging, storing: tables and settings in, tables and reports out. Knows no web and no ORM."""
