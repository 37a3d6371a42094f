"""The only room with a network: names are asked, pages fetched, addresses located."""
