"""Everything that is not a screen: the text, the annotations, their rules and their storage."""
