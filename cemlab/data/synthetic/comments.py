"""What customers say: two sentences per language, theme and mood."""

from __future__ import annotations

from collections.abc import Mapping

_PAIRS: Mapping[tuple[str, str], Mapping[bool, tuple[str, str]]] = {
    ("en", "price"): {
        True: ("Good value for what I pay.", "The price is fair, and it has stayed so."),
        False: ("Too expensive for what we get.", "The price went up again; nothing got better."),
    },
    ("en", "service"): {
        True: ("The people on the help line are kind and know their job.", "My question was answered at once."),
        False: ("I waited half an hour and was sent from one desk to the next.", "Nobody called me back."),
    },
    ("en", "reliability"): {
        True: ("The line is fast and never fails.", "It just works, even in the evening."),
        False: ("The connection drops every evening.", "Three outages in one month are too many."),
    },
    ("en", "app"): {
        True: ("The app is clear and quick.", "I can do everything in the app."),
        False: ("The app logs me out all the time.", "I cannot find anything in the app."),
    },
    ("en", "billing"): {
        True: ("The bill is easy to read.", "Invoices are always right."),
        False: ("The invoice was wrong twice.", 'My bill says "other items" and nobody can explain it.'),
    },
    ("de", "price"): {
        True: ("Der Preis ist fair.", "Gutes Angebot für das Geld."),
        False: ("Viel zu teuer geworden.", "Der Preis steigt, die Leistung nicht."),
    },
    ("de", "service"): {
        True: ("Sehr freundliche Beratung am Telefon.", "Mir wurde sofort geholfen."),
        False: ("Ewig in der Warteschleife; niemand ist zuständig.", "Ich warte noch immer auf den Rückruf."),
    },
    ("de", "reliability"): {
        True: ("Läuft schnell und ohne Störung.", "Die Leitung ist stabil, auch abends."),
        False: ("Jeden Abend bricht die Verbindung ab.", "Ständig Störungen."),
    },
    ("de", "app"): {
        True: ("Die App ist übersichtlich.", "Alles geht bequem in der App."),
        False: ("Die App stürzt dauernd ab.", "In der App finde ich nichts."),
    },
    ("de", "billing"): {
        True: ("Die Rechnung ist gut verständlich.", "Die Rechnungen stimmen immer."),
        False: ("Die Rechnung war schon zweimal falsch.", "Auf der Rechnung stehen Posten, die ich nicht kenne."),
    },
    ("fr", "price"): {
        True: ("Le prix est correct.", "Un bon rapport qualité-prix."),
        False: ("Beaucoup trop cher.", "Le prix augmente, pas la qualité."),
    },
    ("fr", "service"): {
        True: ("Une équipe aimable et compétente.", "On m'a répondu tout de suite."),
        False: ("Une demi-heure d'attente au téléphone.", "Personne ne m'a rappelé."),
    },
    ("fr", "reliability"): {
        True: ("La ligne est rapide et stable.", "Aucune panne depuis un an."),
        False: ("La connexion coupe tous les soirs.", "Trop de pannes ce mois-ci."),
    },
    ("fr", "app"): {
        True: ("L'application est claire et rapide.", "Je fais tout dans l'application."),
        False: ("L'application plante sans arrêt.", "Je ne trouve rien dans l'application."),
    },
    ("fr", "billing"): {
        True: ("La facture est facile à lire.", "Les factures sont toujours justes."),
        False: ("La facture était fausse deux fois.", "Des frais inconnus figurent sur ma facture."),
    },
}

SENTENCES: Mapping[tuple[str, str, str], tuple[str, str]] = {
    (language, theme, str(positive).lower()): sentences
    for (language, theme), moods in _PAIRS.items()
    for positive, sentences in moods.items()
}
"""Language, theme and whether it is praise (``true`` or ``false``) → the sentences."""
