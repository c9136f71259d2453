//! Dumps, deadlock reports and panic reports of Gorge.
