-- Kept for another change, which brings its tables.
SELECT 1;
