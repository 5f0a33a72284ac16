### Alle Wörter der Seiten auf Deutsch, so weit es sie gibt; was fehlt, steht auf Englisch da.

## Zahlen

interval = { $low } bis { $high }
ci = { $level }-KI { $interval }
not-shown = nicht gezeigt
unit-points = Punkte
unit-percentage-points = Prozentpunkte
unit-scale-points = Skalenpunkte
span-days = { $count ->
    [one] { $n } Tag
   *[other] { $n } Tage
 }
span-months = { $count ->
    [one] { $n } Monat
   *[other] { $n } Monate
 }
unit-days = Tage
unit-weeks = Wochen
unit-months = Monate
unit-years = Jahre
period-week = Woche vom { $day }
period-wave = Welle vom { $day }

## Namen von Spalten, Maßen und Gruppen

column-nps = NPS
    .inline = NPS
column-csat = CSAT
    .inline = CSAT
column-ces = CES
    .inline = CES
column-n = Anzahl
column-score = Wert
column-share = Anteil der Antworten
column-deff = Designeffekt
column-std-error = Standardfehler
column-shift = Verschiebung
column-rule = Regel
column-assumption = Annahme
column-period = Zeitraum
column-complete = Vollständig
column-grouping = Merkmal
column-group = Gruppe
column-difference = Abstand zum Rest
column-mde = Kleinster nachweisbarer Unterschied
column-outcome = Ergebnis
column-other = Anderes
column-unweighted = Ungewichtet
column-weighted = Gewichtet
column-believed = Angenommen
column-given = Gemessen
column-change = Änderung
column-before = Vorher
column-now = Jetzt
column-margin = Fehlerspanne
column-to-detect = Unterschied
    .inline = Unterschied
column-needed = Antworten je Gruppe
column-precise = Antworten für diese Fehlerspanne
column-p-value = p-Wert
    .inline = p-Wert
column-answers = Antworten
column-customers = Kunden
column-rows = Zeilen
column-spells = Beziehungen
group-promoter = Promotoren
group-passive = Passive
group-detractor = Detraktoren
group-top-box = Top-Boxen
group-low-effort = geringer Aufwand
group-other = übrige

## Tabellen und Grafiken

frame =
    .title = Anzahlen
table-group = Gruppe
table-all = Alle
table-estimate = Schätzung
table-interval = { $level }-KI
table-withheld = nicht ausgewiesen
table-yes = ja
table-no = nein
synthetic = Synthetische Daten
chart-intervals = Punkte mit Intervallen
chart-lines = Liniendiagramm
chart-bars = Balkendiagramm
chart-matrix = Tabelle mit Schattierung
chart-points = Streudiagramm
chart-distribution = Histogramm
chart-withheld = Nicht ausgewiesen: zu wenige Kunden.
chart-cell-withheld = nicht ausgewiesen
chart-counted = { $counted ->
    [answers] { $n-count ->
        [one] { $n } Antwort
       *[other] { $n } Antworten
    }
    [customers] { $n } Kunden
    [spells] { $n-count ->
        [one] { $n } Beziehung
       *[other] { $n } Beziehungen
    }
   *[rows] { $n } Zeilen
 }
chart-basis = { $intervals ->
    [yes] { chart-counted }; { $level }-Konfidenzintervalle.
   *[no] { chart-counted }.
 }
chart-flagged = Raute: signifikant, größer als die Schwelle
chart-ticks = Striche: kleinster nachweisbarer Unterschied
chart-ends = die { $half } höchsten und die { $half } niedrigsten von { $all }
chart-more = { $more } weitere stehen in der Tabelle
chart-panel = { $panel }: { $rows }.
chart-named-withheld = Nicht ausgewiesen wegen zu weniger Kunden: { $names }.
chart-named-flagged = Signifikant und größer als die Schwelle: { $names }.
chart-point = { $name } { $value }
chart-point-interval = { $name } { $value } ({ $interval })
chart-course = { $name }: anfangs { $first }, zuletzt { $last }, niedrigster Wert { $low }, höchster { $high }
chart-where = bei { $at }:
chart-band = { $kind ->
    [below] unter { $high }
    [over] ab { $low }
   *[between] { $low } bis { $high }
 }: { $state ->
    [withheld] nicht ausgewiesen
   *[shown] { $n } ({ $share })
 }
chart-last-bar = letzter Balken: und mehr
chart-at = { $value } ({ $at })
chart-hatched = schraffiert: unvollständig
chart-crossed = ×: nicht ausgewiesen
chart-incomplete = { $count ->
    [one] Ein unvollständiger Zeitraum.
   *[other] { $n } unvollständige Zeiträume.
 }
chart-around = Anteil der Antworten, um die Mitte
chart-at-risk = unter Beobachtung
outcome-large = signifikant
outcome-large-floor = signifikant, größer als die Schwelle
outcome-significant = signifikant, Größe nicht sicher
outcome-small = signifikant, zu klein, um wichtig zu sein
outcome-not-significant = nicht signifikant
outcome-not-testable = nicht getestet
outcome-not-estimable = nicht geschätzt
outcome-withheld = nicht ausgewiesen

## Die Seite um eine Studie herum

page-answer = Die Antwort
page-checks = Was könnte diesen Schluss ändern?
page-accounting = Was mit den Daten geschah
page-provenance = Methode und Herkunft
page-skip = Zur Antwort springen
page-about = Zu den Daten
page-synthetic = Synthetische Daten: Hier wird kein wirklicher Kunde beschrieben
page-contents = Inhalt
page-sure = Wie sicher ist das?
page-until = Daten bis
page-undated = Antworten ohne Tag
page-how = Woher wir das wissen
page-figure-data = Daten dieser Grafik
page-csv = Als CSV laden
page-further-rows = weitere Zeilen stehen in der CSV-Datei.
page-not-asked = Hier nicht gefragt
page-left-out = Fragen, die diese Seite nicht stellt
page-terms = Begriffe auf dieser Seite
page-parameters = Parameter dieses Laufs
page-parameter = Parameter
page-value = Wert
page-meaning = Bedeutung
page-run = Lauf und Versionen
page-print = Grafiken für den Druck
page-print-where = Ohne Farbe gezeichnet, so breit wie zwei Spalten einer Zeitschrift, im Ordner
page-json = Alle Ergebnisse als JSON laden
page-json-beside = Alle Ergebnisse stehen in dieser Datei neben der Seite:
page-table = Tabelle
page-rows-in = Zeilen
page-rows-used = Verwendet
page-rows-excluded = Ausgeschlossen
page-rows-quarantined = In Quarantäne
page-share-used = Anteil verwendet
page-stage-intake = Beim Lesen der Tabellen
page-stage-as-of = Bekannt vor dem Tag dieses Berichts
page-stage-study = Von dieser Studie verwendet
page-begun = Parameter geprüft.
page-restricted = Geschrieben: { $rows } Zeilen, mit beschränktem Zugriff. Die Datei `{ $file }` liegt in { $place }, nicht auf dieser Seite.
page-restricted-folder = dem geschützten Ordner dieses Laufs
page-run-run-id = Lauf
page-run-study = Studie
page-run-started = Begonnen (UTC)
page-run-seconds = Sekunden
page-run-fingerprint = Fingerabdruck der Daten
page-run-version = Version von { $name }
page-run-foreign = Ausgaben des Notebooks, die nicht zum Bericht gehören
column-estimate = Schätzung
column-label = Gruppe
column-all = Alle
check-holds = Hält stand
check-watch = Beachten
check-overturns = Stellt in Frage
run-headline = { $score-label } { $score }{ $score-state ->
    [shown] { "" } ({ $score-interval }), n = { $score-n }
   *[other] { "" }
 }
tile-change = { $change-outcome ->
    [large] { $change-sign ->
        [up] { $change-magnitude } mehr
       *[down] { $change-magnitude } weniger
    } ({ $change-span })
    [significant] signifikante Änderung, aber nicht sicher mehr als { $change-floor }
    [small] signifikant, aber zu klein, um wichtig zu sein
    [not-significant] keine signifikante Änderung (kleinste nachweisbare { $change-mde })
    [not-testable] Änderung nicht testbar
    [not-estimable] Änderung nicht schätzbar
   *[withheld] Änderung nicht gezeigt
 }

## Begriffe: das Wort, woran man es erkennt, was es bedeutet

term-nps = NPS
    .used = nps
    .meaning = Net Promoter Score: Prozentsatz der Promotoren minus Prozentsatz der Detraktoren.
term-promoter = Promotor, Passiver, Detraktor
    .used = promotoren, detraktoren
    .meaning = Kunden, die auf die Frage nach der Weiterempfehlung die beiden höchsten Werte geben, die zwei darunter, oder niedrigere.
term-csat = CSAT
    .used = csat
    .meaning = Kundenzufriedenheit: Prozentsatz der Antworten in den Top-Boxen.
term-ces = CES
    .used = ces
    .meaning = Kundenaufwand: Mittelwert der Aufwandsskala.
term-interval = Konfidenzintervall (KI)
    .used = ki, konfidenzintervall
    .meaning = Ein Bereich, der in wiederholten Stichproben so oft den wahren Wert enthält, wie sein Niveau sagt.
term-significant = Signifikant
    .used = signifikant
    .meaning = Kaum durch Zufall zu erklären, alle Vergleiche dieser Seite berücksichtigt.
term-floor = Schwelle
    .used = schwelle
    .meaning = Der kleinste Unterschied, auf den es ankommt, wie dieser Lauf ihn vorgab.
term-detectable = Kleinster nachweisbarer Unterschied
    .used = nachweisbar
    .meaning = Der kleinste wahre Unterschied, den diese Stichprobe mit { $power } Wahrscheinlichkeit fände.
term-effective = Effektive Stichprobengröße
    .used = effektive stichprobe
    .meaning = So viele zufällig gezogene Antworten wären ebenso genau wie diese.
term-response = Rücklaufquote
    .used = einladungen wurden beantwortet
    .meaning = Der Anteil der Einladungen, die beantwortet wurden. Eine hohe Quote beweist nicht, dass die Antwortenden wie die übrigen sind.
term-withheld = Nicht ausgewiesen
    .used = nicht ausgewiesen, zu wenige kunden
    .meaning = Zu wenige Kunden, um gezeigt zu werden, ohne einzelne Personen zu zeigen.

## Vergangenheit: was Kunden sagten (NPS, CSAT, CES)

tile-nps-overall = NPS
tile-csat-overall = CSAT
tile-ces-overall = CES
tile-nps-shares = { $one-group }
tile-csat-shares = { $one-group }
tile-ces-shares = { $one-group }
tile-responses-used = Verwendete Antworten
tile-responses-unusable = Antworten mit unbrauchbarem Wert
tile-customers-answering = Kunden, die antworteten

nps-level = { $score-state ->
    [withheld] Der { $metric } wird nicht ausgewiesen: Zu wenige Kunden haben geantwortet.
    [shown] Der { $metric } liegt bei { $score-bare } ({ $score-ci }).
   *[other] Der { $metric } liegt bei { $score-bare }; für ein Intervall gibt es zu wenige Cluster.
 }
nps-other-scale = Keine von { $answers } Antworten liegt über { $highest }, obwohl von { $scale } gefragt wird. Galt eine andere Skala, bedeutet der Wert unten nichts: `cemlab check` sagt, was anzugeben ist.
nps-lost = { $state ->
    [withheld] Es wird kein Wert berichtet: { $share } der Antworten ({ $unusable } von { $given }) waren nicht zu verwenden. `cemlab check` sagt, was in der Labordatei anzugeben ist.
   *[leads] { $share } der Antworten ({ $unusable } von { $given }) waren wegen ihres Wertes nicht zu verwenden. Das Ergebnis beruht auf den übrigen.
 }
nps-answers = { $unusable-count ->
    [0] Das Ergebnis beruht auf { $answers } { $answers-count ->
        [one] Antwort
       *[other] Antworten
    }{ $unscored-count ->
        [0] .
       *[other] ; { $unscored } weitere gaben keinen Wert.
    }
   *[other] Das Ergebnis beruht auf { $answers } Antworten. { $unusable } von { $given } waren wegen ihres Wertes nicht zu verwenden{ $unscored-count ->
        [0] .
       *[other] , und { $unscored } gaben keinen.
    }
 }
nps-response-rate = { $rate-state ->
    [withheld] Zu wenige Kunden wurden eingeladen, um die Rücklaufquote zu zeigen.
   *[shown] { $rate } von { $rate-n } Einladungen wurden beantwortet ({ $rate-ci }).
 }
nps-measured = { $state ->
    [lost] Es wird kein Wert berichtet: { $unusable } Antworten waren nicht zu verwenden. Das Folgende beschreibt nur die übrigen.
    [withheld] Zu wenige Kunden haben geantwortet, um einen Wert zu zeigen.
    [bare] Der Wert beträgt { $score }, ohne Intervall: Es gibt zu wenige Cluster.
   *[shown] Der Wert beträgt { $score } ({ $score-ci }), aus { $score-n } Antworten. { $smaller ->
        [yes] Wegen Gewichten, Clustern oder wiederholter Antworten beträgt die effektive Stichprobe { $effective }.
       *[no] { "" }
    }
 }
nps-share = { $share } { $group }
nps-shape = { $state ->
    [withheld] Die Anteile werden nicht ausgewiesen: Zu wenige Kunden haben geantwortet.
   *[shown] Es gibt { $best }, { $middle } und { $worst }.
 }
nps-shape-top = { $state ->
    [withheld] Der Anteil wird nicht ausgewiesen: Zu wenige Kunden haben geantwortet.
   *[shown] { $share } der Antworten { $kind ->
        [top-box] liegen in den Top-Boxen.
        [low-effort] nennen geringen Aufwand.
       *[other] zählen.
    }
 }
nps-heaping = { $index-state ->
    [shown] Die Mitte der Skala wurde { $index }-mal so oft gegeben wie ihre Nachbarn ({ $index-ci }){ $heaped ->
        [yes] : Dort häufen sich die Antworten.
       *[no] , also ohne Häufung.
    }
   *[other] Für eine Aussage über Häufungen in der Mitte der Skala gibt es zu wenige Antworten.
 }
nps-moved = { $state ->
    [trend] Über die vollständigen { $period ->
        [week] Wochen
        [quarter] Quartale
        [year] Jahre
        [wave] Wellen
       *[month] Monate
    } ist der Wert um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $change-level }-KI { $change-span }).
    [step] Der deutlichste Schritt ({ $at }): Der Wert ist um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $change-span }).{ $more-count ->
        [0] { "" }
        [one] { " " }Ein weiterer Schritt ist signifikant.
       *[other] { " " }{ $more } weitere Schritte sind signifikant.
    } Schritte, die wegen ihrer Größe gewählt sind, werden eher überschätzt.
    [significant] Der Wert hat sich signifikant bewegt, aber nicht sicher um mehr als { $change-floor } ({ $change-ci }).
    [small] Der Wert hat sich signifikant bewegt, aber um weniger als { $change-floor }: zu wenig, um wichtig zu sein.
    [not-significant] Keine Änderung über die Zeit war signifikant. Nachweisbar wären nur Änderungen zum nächsten Zeitraum, die mindestens etwa { $most-mde } betragen.
   *[untested] Für eine Aussage über den Verlauf gibt es zu wenige vollständige Zeiträume mit genug Kunden.
 }
nps-moved-brief = { $state ->
    [trend] Er ist in der Zeit um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $change-span }).
    [step] Er ist um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    }: { $at } ({ $change-span }).
    [significant] Er hat sich signifikant bewegt, aber nicht sicher um mehr als { $change-floor }.
    [small] Er hat sich signifikant bewegt, aber zu wenig, um wichtig zu sein.
    [not-significant] Keine Änderung über die Zeit war signifikant.
   *[untested] Für seinen Verlauf gibt es zu wenige vollständige Zeiträume.
 }
nps-mix = Die Zusammensetzung der Antworten nach { $by } hat sich geändert und den Wert allein dadurch um { $mix-magnitude } { $mix-sign ->
    [up] gehoben
   *[down] gesenkt
 }. { $constant-outcome ->
    [large] Bei gleicher Zusammensetzung ist der Wert um { $constant-magnitude } { $constant-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $constant-span }).
   *[other] { $apart ->
        [yes] Bei gleicher Zusammensetzung gibt es keinen Hinweis auf einen Trend.
       *[no] Bei gleicher Zusammensetzung ist der Trend auch nicht signifikant.
    }
 }
nps-mix-brief = Eine andere Zusammensetzung der Antworten nach { $by } hat ihn um { $mix-magnitude } { $mix-sign ->
    [up] gehoben
   *[down] gesenkt
 }{ $constant-outcome ->
    [large] ; bei gleicher Zusammensetzung ist er um { $constant-magnitude } { $constant-sign ->
        [up] gestiegen
       *[down] gefallen
    }.
   *[other] ; bei gleicher Zusammensetzung gibt es keinen Hinweis auf einen Trend.
 }
nps-group-one = „{ $one-name }“ ({ $one-by }) liegt { $one-magnitude } { $one-sign ->
    [up] über
   *[down] unter
 } dem Rest ({ $one-span })
nps-groups = { $state ->
    [large] { $named }.{ $more-count ->
        [0] { "" }
        [one] { " " }Eine weitere Gruppe weicht signifikant ab.
       *[other] { " " }{ $more } weitere Gruppen weichen signifikant ab.
    }
    [significant] { $named }: signifikant, aber nicht sicher mehr als { $strongest-floor }.
    [small] Unterschiede zwischen Gruppen sind signifikant, aber kleiner als { $strongest-floor }: zu klein, um wichtig zu sein.
    [quiet] { $untested-count ->
        [0] Keine
       *[other] Keine getestete
    } Gruppe weicht signifikant vom Rest ab. { $least-state ->
        [unknown] { "" }
       *[other] Der kleinste nachweisbare Unterschied beträgt { $least-mde }.
    }
    [untested] Unterschiede zwischen Gruppen ließen sich nicht testen.
   *[withheld] Es gibt keine zwei Gruppen, die groß genug für einen Vergleich sind.
 }
nps-groups-brief = { $state ->
    [large] Am weitesten vom Rest entfernt ist „{ $strongest-name }“ ({ $strongest-by }): { $strongest-magnitude } { $strongest-sign ->
        [up] höher
       *[down] niedriger
    }.
    [significant] Einige Gruppen weichen signifikant ab, aber nicht sicher um mehr als { $strongest-floor }.
    [small] Gruppen weichen signifikant ab, aber zu wenig, um wichtig zu sein.
    [quiet] { $untested-count ->
        [0] Gruppen
       *[other] Getestete Gruppen
    } unterscheiden sich nicht signifikant.
    [untested] Ob sich Gruppen unterscheiden, ließ sich nicht testen.
   *[withheld] Es gibt keine zwei Gruppen, die groß genug für einen Vergleich sind.
 }
nps-weighting = { $state ->
    [withheld] Zu wenige Kunden haben geantwortet, um gewichtete und ungewichtete Werte zu zeigen.
    [yes] Gewichtet beträgt der Wert { $weighted-precise }, ungewichtet { $plain-precise }. Der Unterschied ist signifikant ({ $difference-ci }): Das Ergebnis hängt von den Gewichten ab.
    [no] Gewichtet beträgt der Wert { $weighted-precise }, ungewichtet { $plain-precise }. Der Unterschied ist nicht signifikant ({ $difference-ci }).
   *[untested] Gewichtet beträgt der Wert { $weighted-precise }, ungewichtet { $plain-precise }. Für einen Test gibt es zu wenige Cluster.
 }
nps-weighted-sample = Mit den Gewichten sind { $answers } Antworten so genau wie { $effective }; das größte Gewicht ist { $largest } des Ganzen.
nps-window = { $change-outcome ->
    [large] Gegenüber dem früheren Fenster ({ $begun-given ->
        [yes] { $begun } bis { $until }
       *[no] bis { $until }
    }) ist der Wert um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $change-level }-KI { $change-span }).
    [significant] Die Änderung gegenüber dem früheren Fenster ist signifikant ({ $change-ci }), aber nicht sicher mehr als { $change-floor }.
    [small] Die Änderung gegenüber dem früheren Fenster ist signifikant, aber kleiner als { $change-floor }: zu klein, um wichtig zu sein.
    [not-significant] Die Änderung gegenüber dem früheren Fenster ist nicht signifikant ({ $change-ci }). Die kleinste nachweisbare Änderung beträgt { $change-mde }.
    [withheld] Zu wenige Kunden haben geantwortet, um die Änderung gegenüber dem früheren Fenster zu zeigen.
   *[other] Die Änderung gegenüber dem früheren Fenster ließ sich nicht testen.
 }
nps-window-brief = { $change-outcome ->
    [large] Er ist seit dem früheren Fenster um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $change-span }).
    [significant] Seine Änderung seit dem früheren Fenster ist signifikant, aber nicht sicher mehr als { $change-floor }.
    [small] Seine Änderung seit dem früheren Fenster ist signifikant, aber zu klein, um wichtig zu sein.
    [not-significant] Seine Änderung seit dem früheren Fenster ist nicht signifikant ({ $change-interval }).
    [withheld] Seine Änderung seit dem früheren Fenster wird nicht ausgewiesen: zu wenige Kunden.
   *[other] Seine Änderung seit dem früheren Fenster ließ sich nicht testen.
 }
nps-same-people = { $change-outcome ->
    [large] Unter den { $change-n } Kunden, die in beiden Fenstern antworteten, ist der Wert um { $change-magnitude } { $change-sign ->
        [up] gestiegen
       *[down] gefallen
    } ({ $change-span }).
    [withheld] Zu wenige Kunden antworteten in beiden Fenstern, um ihnen zu folgen.
   *[other] Unter den { $change-n } Kunden, die in beiden Fenstern antworteten, gibt es keinen Hinweis auf eine wichtige Änderung ({ $change-interval }).
 }
nps-nobody-twice = Niemand antwortete in beiden Fenstern; die beiden sind unabhängige Stichproben.
nps-belief = { $gap-outcome ->
    [large] Angenommen wurden { $whose-given ->
        [yes] für { $whose }
       *[no] { "" }
    } { $gap-magnitude } zu { $gap-sign ->
        [up] viel
       *[down] wenig
    } ({ $gap-span }): Kunden gaben { $given }.{ $more-count ->
        [0] { "" }
        [one] { " " }Eine weitere Annahme liegt signifikant daneben.
       *[other] { " " }{ $more } weitere Annahmen liegen signifikant daneben.
    }
    [withheld] Zu wenige Kunden haben geantwortet, um sie mit der Annahme zu vergleichen.
   *[other] Es gibt keinen Hinweis, dass die Annahme { $whose-given ->
        [yes] für { $whose }
       *[no] { "" }
    } falsch ist: Kunden gaben { $given }.
 }
nps-planning = Um { $size } Unterschied mit { $power } Wahrscheinlichkeit nachzuweisen, braucht es { $needed } Antworten je Gruppe. Diese Stichprobe von { $observed }, geteilt, ist { $enough ->
    [yes] groß genug.
   *[no] zu klein.
 }
nps-sure = In wiederholten Stichproben wie dieser enthielten { $score-level } solcher Intervalle den wahren Wert.
nps-sure-repeated = Wiederholte Antworten, Gewichte und Cluster sind berücksichtigt.
nps-sure-silent = Kunden, die nicht antworteten, denken vielleicht anders; das deckt kein Intervall ab.

nps-no-days = Diese Antworten tragen keinen Tag, ihr Verlauf lässt sich nicht zeigen.
nps-no-groups = Weder dieser Lauf noch das Labor nennt eine Spalte zum Vergleichen.
nps-no-weights = { $why ->
    [equal] Alle Gewichte sind gleich.
    [off] Die Antworten tragen Gewichte; mit `weights = auto` werden sie verwendet.
   *[none] Es gibt keine Gewichte.
 }
nps-no-window = Zum Vergleich `compare_start` und `start` angeben.
nps-no-belief = `believed` angeben, um es mit dem zu vergleichen, was Kunden gaben.
nps-no-plan = Der Wert hat keinen Standardfehler, mit dem sich planen ließe.

nps-design =
    .title = Dieselben Antworten unter jeder Annahme über die Stichprobe
nps-distribution =
    .title = Anteil der Antworten je Wert
    .caption = Balken sind Anteile aller Antworten, Striche Konfidenzintervalle.
    .reading = Die Namen über den Balken sagen, wie Antworten zählen.
nps-cuts =
    .title = NPS, wenn eine Grenze der Skala um einen Wert rückt
nps-course =
    .title = { $metric } nach { $period ->
        [week] Woche
        [quarter] Quartal
        [year] Jahr
        [wave] Befragungswelle
       *[month] Monat
    }
    .caption = Das Band ist das Konfidenzintervall.
    .reading = { $trend ->
        [yes] Die Gerade ist der signifikante Trend mit seinem Band.
       *[no] { "" }
    } Rauten sind signifikante Schritte; andere Bewegungen können Zufall sein.
    .line = Linie: alle Antworten
nps-mix-course =
    .title = Wer was antwortete, nach { $period ->
        [week] Woche
        [quarter] Quartal
        [year] Jahr
        [wave] Befragungswelle
       *[month] Monat
    }
    .caption = Anteile aller Antworten eines Zeitraums.
    .reading = Wächst der untere Teil, gibt es mehr gute Antworten.
nps-forest =
    .title = { $metric } nach Gruppe
    .caption = Punkte sind Werte, Striche Konfidenzintervalle.
    .reading = Rauten weichen signifikant vom Rest ab.
    .line = Linie: alle Antworten
nps-mixes =
    .title = Woraus die Antworten jeder Gruppe bestehen
    .caption = Anteile der Antworten um eine gemeinsame Mitte.
    .reading = Je weiter ein Balken nach rechts reicht, desto besser die Antworten.
nps-weights =
    .title = { $metric }, gewichtet und ungewichtet
    .caption = Punkte sind gewichtete Werte mit ihren Intervallen.
    .reading = Je weiter Ring und Punkt auseinanderliegen, desto mehr kommt es auf die Gewichte an.
    .ring = Ring: ungewichtet
nps-beliefs =
    .title = { $metric }, angenommen und gemessen
    .caption = Punkte sind gemessene Werte mit ihren Intervallen.
    .reading = Ein Ring außerhalb des Strichs ist eine Annahme, die Kunden nicht teilen.
    .ring = Ring: angenommen
nps-change =
    .title = { $which ->
        [windows] Änderung zwischen den Fenstern
       *[same] Änderung derselben Kunden
    }
nps-plan =
    .title = Antworten, die ein Unterschied oder eine Genauigkeit braucht
nps-reach =
    .title = Was so viele Antworten je Gruppe nachweisen können

check-interval = { $score-state ->
    [withheld] Zu wenige Kunden haben geantwortet, um das zu sagen.
   *[other] { $first }: { $score-interval }. { $second }: { $other-interval }.
 }
    .title = { $state ->
        [holds] Ein anderes Verfahren für das Intervall stimmt überein
       *[watch] Ein anderes Verfahren für das Intervall weicht ab
    }
check-unscored = { $unusable-count ->
    [0] { $unscored-count ->
        [0] Jede Antwort gab einen Wert.
       *[other] { $unscored } Antworten gaben keinen Wert. Lägen alle an einem Ende der Skala, läge das Ergebnis zwischen { $bounds-low } und { $bounds-high }.
    }
   *[other] { $unusable } von { $given } Antworten haben einen unbrauchbaren Wert. Lägen alle fehlenden an einem Ende der Skala, läge das Ergebnis zwischen { $bounds-low } und { $bounds-high }.
 }
    .title = { $state ->
        [holds] Fehlende Werte ändern kaum etwas
        [overturns] Zu viele Werte waren nicht zu verwenden
       *[watch] Fehlende Werte könnten das Ergebnis verschieben
    }
check-cut-points = { $score-state ->
    [withheld] Zu wenige Kunden haben geantwortet, um das zu sagen.
   *[other] Rückt eine Grenze um einen Wert, liegt das Ergebnis zwischen { $low-bare } ({ $low-name }) und { $high-bare } ({ $high-name }). Nur Werte mit denselben Grenzen sind vergleichbar.
 }
    .title = { $state ->
        [holds] Die Grenzen der Skala ändern kaum etwas
       *[watch] Die Höhe hängt davon ab, wo die Skala geteilt wird
    }
check-weights = { $plain-state ->
    [withheld] Zu wenige Kunden haben geantwortet, um das zu sagen.
   *[other] Zählte jede Antwort einmal, würde der Wert { $plain } betragen. Gewichte gelten als gegeben, ohne eigenen Fehler.
 }
    .title = { $state ->
        [holds] Gewichte ändern das Ergebnis nicht
        [overturns] Das Ergebnis hängt von den Gewichten ab
       *[watch] Die Wirkung der Gewichte ließ sich nicht testen
    }
check-repeated = { $kind ->
    [unnamed] Die Antworten sagen nicht, von wem sie sind; Wiederholungen sind nicht zu erkennen.
    [once] Jede Antwort kommt von einem anderen Kunden.
   *[repeated] { $answers } Antworten kommen von { $customers } Kunden. Alle Intervalle dieser Seite berücksichtigen das.
 }
    .title = { $kind ->
        [unnamed] Wiederholte Antworten sind nicht zu erkennen
        [once] Niemand antwortete zweimal
       *[repeated] Wiederholte Antworten sind berücksichtigt
    }
check-clusters = Die Antworten kommen aus { $clusters } unabhängigen Quellen: aus angegebenen Clustern, sonst von Kunden{ $large ->
    [yes] ; die größte hat { $largest } der Antworten.
   *[no] .
 }
    .title = { $state ->
        [holds] Es gibt genug unabhängige Quellen
        [overturns] Für ein Intervall gibt es zu wenige unabhängige Quellen
       *[watch] Wenige unabhängige Quellen: Das Intervall ist grob
    }
check-mix = { $moved ->
    [yes] Bei gleicher Zusammensetzung nach { $by } beträgt der Trend { $constant } ({ $constant-interval }); die andere Zusammensetzung trägt { $mix } bei ({ $mix-interval }).
    [tested] Keine Änderung der Zusammensetzung nach { $by } bewegt den Trend signifikant.
   *[no] Für einen Test, ob die Zusammensetzung den Wert bewegt hat, gab es zu wenige Daten.
 }
    .title = { $state ->
        [holds] Die Zusammensetzung der Antworten erklärt den Trend nicht
        [overturns] Bei gleicher Zusammensetzung ist der Trend ein anderer
       *[watch] { $moved ->
            [yes] Die Zusammensetzung der Antworten hat den Wert bewegt
           *[no] Die Wirkung der Zusammensetzung ließ sich nicht testen
        }
    }
check-incomplete = { $periods-count ->
    [0] Alle Zeiträume sind vollständig.
    [one] Ein Zeitraum ist unvollständig: Er ist schraffiert und wird mit nichts verglichen.
   *[other] { $periods } Zeiträume sind unvollständig: Sie sind schraffiert und werden mit nichts verglichen.
 }
    .title = { $state ->
        [holds] Alle Zeiträume sind vollständig
       *[watch] Einige Zeiträume sind unvollständig
    }
check-late-one = { $one } der Antworten auf Einladungen ({ $at }; { $one-interval })
check-late = { $shown ->
    [no] Zu wenige Kunden haben geantwortet, um das zu sagen.
   *[yes] { $late } Antworten kamen mehr als { $days } Tage nach der Einladung; ohne sie beträgt der Wert { $early }. { $coming-count ->
        [0] { "" }
       *[other] Bisher dürften wir haben: { $coming }. Spätere zählen in den Zeiträumen, in denen sie gegeben werden.
    }
 }
    .title = { $state ->
        [holds] Späte Antworten ändern das Ergebnis nicht
       *[watch] Späte Antworten könnten das Ergebnis ändern
    }
check-silent = Diese Seite beschreibt die, die antworteten. Ob die übrigen dasselbe sagen würden, lässt sich aus Antworten allein nicht sagen.
    .title = Kunden, die nicht antworteten, kommen nicht zu Wort
