"""Where the user's code runs: CloudFront Functions in this process, Lambda@Edge handlers in their own."""
