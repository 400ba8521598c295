"""Amazon CloudFront on your own machine."""
