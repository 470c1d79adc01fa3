"""FTP and FTPS, spoken through the standard library."""
