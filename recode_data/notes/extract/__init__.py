"""What notes say: sentences to candidates, candidates to changes in symbols."""
