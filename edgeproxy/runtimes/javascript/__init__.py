"""CloudFront Functions: engine (load, check, run), syntax (what the code is), realm and prelude (where it runs), complaints."""
