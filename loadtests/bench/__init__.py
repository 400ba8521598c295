"""The benchmark: ratios against a bare aiohttp server, time to the first page, memory. One file per benchmark."""
