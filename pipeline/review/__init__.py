"""Candidates judged by people: a session, the page, the spreadsheet."""
