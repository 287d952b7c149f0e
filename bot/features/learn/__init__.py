"""The curriculum: modules of short lessons in pages, an exercise whose answers are kept, a quiz with kind feedback."""
