"""Invented names. The surnames are made up, so that nobody is taken for a person who lives."""

GIVEN = (
    "Adaeze", "Alun", "Amara", "Anwen", "Arjun", "Asha", "Bilal", "Bronwen", "Callum", "Chidi", "Danuta",
    "Devon", "Ebele", "Eilidh", "Emrys", "Farah", "Fionn", "Gwen", "Hamza", "Imani", "Iolo", "Jasmin",
    "Kofi", "Leila", "Marek", "Maya", "Nadia", "Nia", "Osian", "Priya", "Rhys", "Rosa", "Samir", "Seren",
    "Tadeo", "Tomos", "Uma", "Wanda", "Yusuf", "Zofia",
)  # fmt: skip

SURNAMES = (
    "Applethorn", "Ashlantern", "Birchwhistle", "Bramblecote", "Brookmantle", "Candlewren", "Cloverhask",
    "Cobblemere", "Copperfinch", "Dapplewick", "Dewlantern", "Duskhollow", "Elderbrink", "Embercote",
    "Fennelwright", "Fernquill", "Flintmarrow", "Foxlantern", "Gorsewillow", "Graypebble", "Harebellow",
    "Hazelmoot", "Heathquill", "Inkbarrow", "Ivymarch", "Junipersall", "Kestrelby", "Larkmantle",
    "Lilacstead", "Lintwhistle", "Mapledrift", "Merrowick", "Mosslantern", "Nettlecombe", "Oakthimble",
    "Otterquill", "Pebblewhite", "Plumharrow", "Quillmeadow", "Ravenbutton", "Reedlantern", "Rowanpike",
    "Sablebrook", "Sorrelwhit", "Starlingcote", "Tansymoor", "Thimblewood", "Thistledown", "Umberfield",
    "Violethatch", "Wagtailby", "Willowpence", "Wrenfeather", "Yarrowmint",
)  # fmt: skip

STAFF = {
    "BO": "Booking officer", "AP": "Approver", "LM": "Live monitor", "SG": "Safeguarding lead",
    "GO": "Governor", "PA": "Policy analyst", "AU": "Auditor",
}  # fmt: skip
"""The people who work in a prison, by role."""
