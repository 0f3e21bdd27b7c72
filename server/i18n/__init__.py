"""Words in two languages: catalogues, dates and numbers. Chinese is the source, English follows."""
