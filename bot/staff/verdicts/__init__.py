"""What staff say of the screen's work: words that should have paged, cases that were no crisis; kept, counted, taken out by an operator."""
