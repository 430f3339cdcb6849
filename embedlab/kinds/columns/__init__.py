"""What the columns of a table hold: categories, numbers, texts, dates or ids, recognized from their cells."""
