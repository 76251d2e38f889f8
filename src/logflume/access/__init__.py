"""Who may do what, and what is noted of what was done."""
