"""Files that lie in each bundle as they are, for people without Ciliu."""
