"""The 15-minute public service circle: who reaches what, where gaps are, where the next belongs."""
