### All words of pages, in English. A sentence has at most 25 words. A message's own words hold no digits.

## Numbers

interval = { $low } to { $high }
ci = { $level } CI { $interval }
not-shown = not shown
unit-points = points
unit-percentage-points = percentage points
unit-scale-points = scale points
span-days = { $count ->
    [one] { $n } day
   *[other] { $n } days
 }
span-months = { $count ->
    [one] { $n } month
   *[other] { $n } months
 }
unit-days = days
unit-weeks = weeks
unit-months = months
unit-years = years
period-week = week of { $day }
period-wave = wave of { $day }

## Names of columns, measures and groups

column-nps = NPS
    .inline = NPS
column-csat = CSAT
    .inline = CSAT
column-ces = CES
    .inline = CES
column-n = Count
column-score = Score
column-share = Share of answers
column-deff = Design effect
column-std-error = Std. error
column-shift = Shift
column-rule = Rule
column-assumption = Assumption
column-period = Period
column-complete = Complete
column-grouping = Grouping
column-group = Group
column-difference = From the rest
column-mde = Smallest detectable difference
column-outcome = Outcome
column-other = Other
column-unweighted = Unweighted
column-weighted = Weighted
column-believed = Believed
column-given = Given
column-change = Change
column-before = Before
column-now = Now
column-to-detect = Difference
    .inline = difference
column-margin = Half-width
column-needed = Answers in each of two groups
column-precise = Answers for that half-width
column-p-value = p-value
    .inline = p-value
column-answers = Answers
column-customers = Customers
column-rows = Rows
group-promoter = promoters
group-passive = passives
group-detractor = detractors
group-top-box = top boxes
group-low-effort = low effort
group-other = others

## Tables and charts

frame =
    .title = Counts
table-group = Group
table-all = All
table-estimate = Estimate
table-interval = { $level } CI
table-withheld = withheld
table-yes = yes
table-no = no
synthetic = Synthetic data
chart-intervals = Dot and whisker chart
chart-lines = Line chart
chart-bars = Bar chart
chart-matrix = Table of shades
chart-points = Scatter chart
chart-distribution = Histogram
chart-withheld = Withheld: too few customers.
chart-cell-withheld = withheld
chart-counted = { $counted ->
    [answers] { $n-count ->
        [one] { $n } answer
       *[other] { $n } answers
    }
    [customers] { $n-count ->
        [one] { $n } customer
       *[other] { $n } customers
    }
    [spells] { $n-count ->
        [one] { $n } relationship
       *[other] { $n } relationships
    }
   *[rows] { $n } rows
 }
chart-basis = { $intervals ->
    [yes] { chart-counted }; { $level } confidence intervals.
   *[no] { chart-counted }.
 }
chart-flagged = diamond: significant, larger than the floor
chart-ticks = ticks: smallest detectable difference
chart-ends = the { $half } highest and the { $half } lowest of { $all }
chart-more = { $more } more are in the table
chart-panel = { $panel }: { $rows }.
chart-named-withheld = Withheld for too few customers: { $names }.
chart-named-flagged = Significant and larger than the floor: { $names }.
chart-point = { $name } { $value }
chart-point-interval = { $name } { $value } ({ $interval })
chart-course = { $name }: { $first } at first, { $last } at last, lowest { $low }, highest { $high }
chart-where = at { $at }:
chart-band = { $kind ->
    [below] below { $high }
    [over] { $low } or more
   *[between] { $low } to { $high }
 }: { $state ->
    [withheld] withheld
   *[shown] { $n } ({ $share })
 }
chart-last-bar = last bar: and more
chart-at = { $value } in { $at }
chart-hatched = hatched: incomplete
chart-crossed = ×: withheld
chart-incomplete = { $count ->
    [one] One incomplete period.
   *[other] { $n } incomplete periods.
 }
chart-around = Share of answers, around the middle
chart-at-risk = at risk
outcome-large = significant
outcome-large-floor = significant, larger than the floor
outcome-significant = significant, size not certain
outcome-small = significant, too small to matter
outcome-not-significant = not significant
outcome-not-testable = not tested
outcome-not-estimable = not estimated
outcome-withheld = withheld

## The page around a study

page-answer = The answer
page-checks = What could change this conclusion?
page-accounting = Data accounting
page-provenance = Method and provenance
page-skip = Skip to the answer
page-about = About the data
page-synthetic = Synthetic data: no real customer is described here
page-contents = Contents
page-sure = How sure are we?
page-until = data until
page-undated = answers carry no date
page-how = How we know
page-figure-data = Data of this chart
page-csv = Download as CSV
page-further-rows = further rows are in the CSV.
page-not-asked = Not asked here
page-left-out = Questions that this page does not ask
page-terms = Terms used on this page
page-parameters = Parameters of this run
page-parameter = Parameter
page-value = Value
page-meaning = Meaning
page-run = Run and versions
page-print = Figures for print
page-print-where = Drawn without colour, as wide as two columns of a journal, in the folder
page-json = Download every finding as JSON
page-json-beside = Every finding is in this file beside the page:
page-table = Table
page-rows-in = Rows in
page-rows-used = Used
page-rows-excluded = Excluded
page-rows-quarantined = Quarantined
page-share-used = Share used
page-stage-intake = When the tables were read
page-stage-as-of = Known before the day of this report
page-stage-study = Used by this study
page-begun = Parameters checked.
page-restricted = Written: { $rows } rows, restricted. The file `{ $file }` lies in { $place }, not on this page.
page-restricted-folder = the restricted folder of this run
page-run-run-id = Run
page-run-study = Study
page-run-started = Started (UTC)
page-run-seconds = Seconds
page-run-fingerprint = Fingerprint of the data
page-run-version = Version of { $name }
page-run-foreign = Outputs of the notebook that are no part of a report
column-estimate = Estimate
column-label = Label
column-all = All
check-holds = Holds
check-watch = Watch
check-overturns = Could overturn
run-headline = { $score-label } { $score }{ $score-state ->
    [shown] { "" } ({ $score-interval }), n = { $score-n }
   *[other] { "" }
 }
tile-change = { $change-outcome ->
    [large] { $change-sign ->
        [up] up { $change-magnitude }
       *[down] down { $change-magnitude }
    } ({ $change-span })
    [significant] significant change, but not certain to exceed { $change-floor }
    [small] significant, but too small to matter
    [not-significant] no significant change (smallest detectable { $change-mde })
    [not-testable] change could not be tested
    [not-estimable] change could not be estimated
   *[withheld] change not shown
 }

## Terms: the word, how it is recognised on a page, and what it means

term-nps = NPS
    .used = nps
    .meaning = Net promoter score: the percentage of promoters minus the percentage of detractors.
term-promoter = Promoter, passive, detractor
    .used = promoter, detractor
    .meaning = Customers who, asked how likely they are to recommend the company, answer in the top two codes, the two below, or lower.
term-csat = CSAT
    .used = csat
    .meaning = Customer satisfaction: the percentage of answers in the top boxes.
term-ces = CES
    .used = ces
    .meaning = Customer effort: the mean of the effort scale.
term-interval = Confidence interval (CI)
    .used = ci, confidence interval
    .meaning = A range computed so that it holds the true value as often as its level says, in repeated samples like this one.
term-significant = Significant
    .used = significant
    .meaning = Unlikely to be due to chance, after allowing for all comparisons on this page.
term-floor = Floor
    .used = floor
    .meaning = The smallest difference that matters, as this run was told. "Larger than the floor" means that the whole interval lies beyond it.
term-detectable = Smallest detectable difference
    .used = detectable
    .meaning = The smallest true difference that this sample would find with { $power } power.
term-effective = Effective sample size
    .used = effective sample size
    .meaning = How many answers drawn at random would be as precise as these.
term-response = Response rate
    .used = response rate, invitations were answered
    .meaning = The share of invitations that were answered. A high rate does not prove that those who answered are like the others.
term-withheld = Withheld
    .used = withheld, too few customers
    .meaning = Too few customers to be shown without showing single persons, or next to such a group.

## Past: what customers said (NPS, CSAT, CES)

tile-nps-overall = NPS
tile-csat-overall = CSAT
tile-ces-overall = CES
tile-nps-shares = { $one-group }
tile-csat-shares = { $one-group }
tile-ces-shares = { $one-group }
tile-responses-used = Answers used
tile-responses-unusable = Answers with unusable scores
tile-customers-answering = Customers who answered

nps-level = { $score-state ->
    [withheld] The { $metric } is withheld: too few customers answered.
    [shown] { $metric } is { $score-bare } ({ $score-ci }).
   *[other] { $metric } is { $score-bare }; there are too few sampling clusters for an interval.
 }
nps-other-scale = None of { $answers } answers is above { $highest }, although this question is asked from { $scale }. If another scale was used, the score below means nothing: `cemlab check` says what to declare.
nps-lost = { $state ->
    [withheld] No score is reported: { $share } of answers ({ $unusable } of { $given }) could not be used because of their score. `cemlab check` says what to declare in the lab file.
   *[leads] { $share } of answers ({ $unusable } of { $given }) could not be used because of their score. The result rests on the others.
 }
nps-answers = { $unusable-count ->
    [0] The score rests on { $answers } { $answers-count ->
        [one] answer
       *[other] answers
    }{ $unscored-count ->
        [0] .
       *[other] ; { $unscored } more gave no score.
    }
   *[other] The score rests on { $answers } answers. { $unusable } of { $given } could not be used because of their score{ $unscored-count ->
        [0] .
       *[other] , and { $unscored } gave none.
    }
 }
nps-response-rate = { $rate-state ->
    [withheld] Too few customers were invited for the response rate to be shown.
   *[shown] { $rate } of { $rate-n } invitations were answered ({ $rate-ci }).
 }
nps-measured = { $state ->
    [lost] No score is reported: { $unusable } answers have one that could not be used. What follows describes the other answers only.
    [withheld] Too few customers answered for a score to be shown.
    [bare] The score is { $score }, without an interval: there are too few sampling clusters.
   *[shown] The score is { $score } ({ $score-ci }), from { $score-n } answers. { $smaller ->
        [yes] Because of weights, clusters or repeated answers, the effective sample size is { $effective }.
       *[no] { "" }
    }
 }
nps-share = { $share } { $group }
nps-shape = { $state ->
    [withheld] The shares are withheld: too few customers answered.
   *[shown] There are { $best }, { $middle } and { $worst }.
 }
nps-shape-top = { $state ->
    [withheld] The share is withheld: too few customers answered.
   *[shown] { $share } of answers { $kind ->
        [top-box] are in the top boxes.
        [low-effort] report low effort.
       *[other] count.
    }
 }
nps-heaping = { $index-state ->
    [shown] The middle of the scale was given { $index } times as often as its neighbours ({ $index-ci }){ $heaped ->
        [yes] : answers heap there.
       *[no] , so there is no heaping.
    }
   *[other] There are too few answers to tell whether they heap on the middle of the scale.
 }
nps-moved = { $state ->
    [trend] Over the complete { $period ->
        [week] weeks
        [quarter] quarters
        [year] years
        [wave] waves
       *[month] months
    } the score { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } ({ $change-level } CI { $change-span }).
    [step] The clearest step: the score { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } in { $at } ({ $change-span }).{ $more-count ->
        [0] { "" }
       *[other] { " " }{ $more } further { $more-count ->
            [one] step is
           *[other] steps are
        } significant. Steps picked for being large tend to be overestimated.
    }
    [significant] The score moved significantly, but not certainly by more than { $change-floor } ({ $change-ci }).
    [small] The score moved significantly, but by less than { $change-floor }: too little to matter.
    [not-significant] No change over time was significant. Only changes of about { $most-mde } would be detectable from one { $period ->
        [week] week
        [quarter] quarter
        [year] year
        [wave] wave
       *[month] month
    } to the next.
   *[untested] There are too few complete periods with enough customers to say how the score moved.
 }
nps-moved-brief = { $state ->
    [trend] It { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } over the period ({ $change-span }).
    [step] It { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } in { $at } ({ $change-span }).
    [significant] It moved significantly over time, but not certainly by more than { $change-floor }.
    [small] It moved significantly over time, but too little to matter.
    [not-significant] No change over time was significant.
   *[untested] There are too few complete periods to say how it moved.
 }
nps-mix = The mix of answers by { $by } changed, which alone { $mix-sign ->
    [up] raised
   *[down] lowered
 } the score by { $mix-magnitude }. { $constant-outcome ->
    [large] At a constant mix the score { $constant-sign ->
        [up] rose
       *[down] fell
    } by { $constant-magnitude } ({ $constant-span }).
   *[other] { $apart ->
        [yes] At a constant mix there is no evidence of a trend.
       *[no] At a constant mix the trend is not significant either.
    }
 }
nps-group-one = “{ $one-name }” ({ $one-by }) scores { $one-magnitude } { $one-sign ->
    [up] higher
   *[down] lower
 } than the rest ({ $one-span })
nps-groups = { $state ->
    [large] { $named }.{ $more-count ->
        [0] { "" }
        [one] { " " }One further group differs significantly.
       *[other] { " " }{ $more } further groups differ significantly.
    }
    [significant] { $named }: significant, but not certainly more than { $strongest-floor }.
    [small] Differences between groups are significant, but below { $strongest-floor }: too small to matter.
    [quiet] { $untested-count ->
        [0] No
       *[other] No tested
    } group differs significantly from the rest. { $least-state ->
        [unknown] { "" }
       *[other] Only differences of { $least-mde } or more would be detectable.
    }
    [untested] Differences between groups could not be tested.
   *[withheld] There are no two groups large enough to compare.
 }
nps-groups-brief = { $state ->
    [large] Furthest from the rest is “{ $strongest-name }” ({ $strongest-by }): { $strongest-magnitude } { $strongest-sign ->
        [up] higher
       *[down] lower
    }.
    [significant] Some groups differ significantly, but not certainly by more than { $strongest-floor }.
    [small] Groups differ significantly, but too little to matter.
    [quiet] { $untested-count ->
        [0] Groups do
       *[other] Groups that could be tested do
    } not differ significantly.
    [untested] Whether groups differ could not be tested.
   *[withheld] There are no two groups large enough to compare.
 }
nps-weighting = { $state ->
    [withheld] Too few customers answered for weighted and unweighted scores to be shown.
    [yes] Weighted, the score is { $weighted-precise }; unweighted, { $plain-precise }. The difference is significant ({ $difference-ci }): the result depends on the weights.
    [no] Weighted, the score is { $weighted-precise }; unweighted, { $plain-precise }. The difference is not significant ({ $difference-ci }).
   *[untested] Weighted, the score is { $weighted-precise }; unweighted, { $plain-precise }. There are too few clusters to test the difference.
 }
nps-weighted-sample = The weights leave { $answers } answers an effective sample size of { $effective }; the largest weight is { $largest } of the total.
nps-mix-brief = A changed mix of answers by { $by } { $mix-sign ->
    [up] raised
   *[down] lowered
 } it by { $mix-magnitude }{ $constant-outcome ->
    [large] ; at a constant mix it { $constant-sign ->
        [up] rose
       *[down] fell
    } by { $constant-magnitude }.
   *[other] ; at a constant mix there is no evidence of a trend.
 }
nps-window = { $change-outcome ->
    [large] Compared with the earlier window ({ $begun-given ->
        [yes] { $begun } to { $until }
       *[no] until { $until }
    }), the score { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } ({ $change-level } CI { $change-span }).
    [significant] The change against the earlier window is significant ({ $change-ci }), but not certainly more than { $change-floor }.
    [small] The change against the earlier window is significant, but below { $change-floor }: too small to matter.
    [not-significant] There is no significant change against the earlier window ({ $change-ci }). Changes of { $change-mde } or more would be detectable.
    [withheld] Too few customers answered for the change against the earlier window to be shown.
   *[other] The change against the earlier window could not be tested.
 }
nps-window-brief = { $change-outcome ->
    [large] It { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } since the earlier window ({ $change-span }).
    [significant] Its change since the earlier window is significant, but not certainly more than { $change-floor }.
    [small] Its change since the earlier window is significant, but too small to matter.
    [not-significant] Its change since the earlier window is not significant ({ $change-interval }).
    [withheld] Its change since the earlier window is withheld: too few customers answered.
   *[other] Its change since the earlier window could not be tested.
 }
nps-same-people = { $change-outcome ->
    [large] Among the { $change-n } customers who answered in both windows, the score { $change-sign ->
        [up] rose
       *[down] fell
    } by { $change-magnitude } ({ $change-span }).
    [withheld] Too few customers answered in both windows to follow them.
   *[other] Among the { $change-n } customers who answered in both windows, there is no evidence of a change that matters ({ $change-interval }).
 }
nps-nobody-twice = Nobody answered in both windows, so the two are independent samples.
nps-belief = { $gap-outcome ->
    [large] The belief { $whose-given ->
        [yes] for { $whose }
       *[no] { "" }
    } is { $gap-magnitude } too { $gap-sign ->
        [up] high
       *[down] low
    } ({ $gap-span }): customers gave { $given }.{ $more-count ->
        [0] { "" }
       *[other] { " " }{ $more } further { $more-count ->
            [one] belief is
           *[other] beliefs are
        } off significantly.
    }
    [withheld] Too few customers answered to compare with what was believed.
   *[other] There is no evidence that the belief { $whose-given ->
        [yes] for { $whose }
       *[no] { "" }
    } is wrong: customers gave { $given }.
 }
nps-planning = To detect a difference of { $size } between two groups with { $power } power takes { $needed } answers in each. This sample of { $observed }, split in half, is { $enough ->
    [yes] large enough.
   *[no] too small.
 }
nps-sure = In repeated samples like this one, { $score-level } of such intervals would hold the true score.
nps-sure-repeated = Customers who answered repeatedly, weights and clusters are allowed for.
nps-sure-silent = Customers who did not answer may think otherwise; no interval covers that.

nps-no-days = These answers carry no day, so their course cannot be shown.
nps-no-groups = Neither this run nor the lab names a column to compare by.
nps-no-weights = { $why ->
    [equal] All weights are alike.
    [off] Answers carry weights; run with `weights = auto`.
   *[none] There are no weights.
 }
nps-no-window = Give `compare_start` and `start` to compare.
nps-no-belief = Give `believed` to compare it with what customers gave.
nps-no-plan = The score has no standard error to plan with.

nps-design =
    .title = The same answers under each assumption on how they were sampled
nps-distribution =
    .title = Share of answers at each score
    .caption = Bars are shares of all answers; whiskers are confidence intervals.
    .reading = The names above the bars tell how answers count.
nps-cuts =
    .title = NPS with each cut of the scale moved by one code
nps-course =
    .title = { $metric } by { $period ->
        [week] week
        [quarter] quarter
        [year] year
        [wave] survey wave
       *[month] month
    }
    .caption = The band is the confidence interval.
    .reading = { $trend ->
        [yes] The straight line is the significant trend, with its band.
       *[no] { "" }
    } Diamonds are significant steps; other movements may be chance.
    .line = line: all answers
nps-mix-course =
    .title = Who answered what, by { $period ->
        [week] week
        [quarter] quarter
        [year] year
        [wave] survey wave
       *[month] month
    }
    .caption = Shares of all answers of a period.
    .reading = A growing lower part means more good answers.
nps-forest =
    .title = { $metric } by group
    .caption = Dots are scores, whiskers confidence intervals.
    .reading = Diamonds differ significantly from the rest.
    .line = line: all answers
nps-mixes =
    .title = What the answers of each group are made of
    .caption = Shares of answers around a common middle.
    .reading = The further a bar reaches to the right, the better the answers.
nps-weights =
    .title = { $metric }, weighted and unweighted
    .caption = Dots are weighted scores with their intervals.
    .reading = The further apart ring and dot, the more the weights matter.
    .ring = ring: unweighted
nps-beliefs =
    .title = { $metric } as believed and as given
    .caption = Dots are scores that customers gave, with their intervals.
    .reading = A ring outside the whisker is a belief that customers do not share.
    .ring = ring: believed
nps-change =
    .title = { $which ->
        [windows] Change between the windows
       *[same] Change of the same customers
    }
nps-plan =
    .title = Answers needed for a difference, and for precision
nps-reach =
    .title = What so many answers in each of two groups can detect

check-interval = { $score-state ->
    [withheld] Too few customers answered, so this cannot be told.
   *[other] { $first }: { $score-interval }. { $second }: { $other-interval }.
 }
    .title = { $state ->
        [holds] Another way to compute the interval agrees
       *[watch] Another way to compute the interval differs
    }
check-unscored = { $unusable-count ->
    [0] { $unscored-count ->
        [0] Every answer gave a score.
       *[other] { $unscored } answers gave no score. If all of them were at one end of the scale, the score would lie between { $bounds-low } and { $bounds-high }.
    }
   *[other] { $unusable } of { $given } answers have a score that could not be used. If all missing scores were at one end of the scale, the score would lie between { $bounds-low } and { $bounds-high }.
 }
    .title = { $state ->
        [holds] Missing scores hardly matter
        [overturns] Too many scores could not be used
       *[watch] Missing scores could move the result
    }
check-cut-points = { $score-state ->
    [withheld] Too few customers answered, so this cannot be told.
   *[other] Moving one cut by one code gives between { $low-bare } ({ $low-name }) and { $high } ({ $high-name }). Compare the level only with scores that use the same cuts.
 }
    .title = { $state ->
        [holds] The cuts of the scale hardly matter
       *[watch] The level depends on where the scale is cut
    }
check-weights = { $plain-state ->
    [withheld] Too few customers answered, so this cannot be told.
   *[other] With each answer counted once, the score would be { $plain }. Weights are taken as given, without error of their own.
 }
    .title = { $state ->
        [holds] Weights do not change the result
        [overturns] The result depends on the weights
       *[watch] The effect of the weights could not be tested
    }
check-repeated = { $kind ->
    [unnamed] Answers do not say whose they are, so repeated answers cannot be recognised.
    [once] Each answer comes from a different customer.
   *[repeated] { $answers } answers come from { $customers } customers. All intervals on this page allow for that.
 }
    .title = { $kind ->
        [unnamed] Repeated answers cannot be recognised
        [once] Nobody answered twice
       *[repeated] Repeated answers are allowed for
    }
check-clusters = The answers come from { $clusters } independent sources: declared clusters, or customers where there are none{ $large ->
    [yes] ; the largest holds { $largest } of the answers.
   *[no] .
 }
    .title = { $state ->
        [holds] There are enough independent sources
        [overturns] There are too few independent sources for an interval
       *[watch] Few independent sources: the interval is rough
    }
check-mix = { $moved ->
    [yes] At a constant mix of answers by { $by }, the trend is { $constant } ({ $constant-interval }); the change of mix adds { $mix } ({ $mix-interval }).
    [tested] No change of mix by { $by } moves the trend significantly.
   *[no] There was too little data to test whether the mix of answers moved the score.
 }
    .title = { $state ->
        [holds] The mix of answers does not explain the trend
        [overturns] The trend differs at a constant mix of answers
       *[watch] { $moved ->
            [yes] The mix of answers moved the score
           *[no] The effect of the mix could not be tested
        }
    }
check-incomplete = { $periods-count ->
    [0] All periods are complete.
    [one] One period is not complete: it is hatched and compared with nothing.
   *[other] { $periods } periods are not complete: they are hatched and compared with nothing.
 }
    .title = { $state ->
        [holds] All periods are complete
       *[watch] Some periods are not complete
    }
check-late-one = { $one } of the answers to invitations of { $at } ({ $one-interval })
check-late = { $shown ->
    [no] Too few customers answered, so this cannot be told.
   *[yes] { $late } answers came more than { $days } days after their invitation; without them the score is { $early }. { $coming-count ->
        [0] { "" }
       *[other] By now we estimate to have: { $coming }. Later ones will count in the periods in which they are given.
    }
 }
    .title = { $state ->
        [holds] Late answers do not change the result
       *[watch] Late answers could change the result
    }
check-silent = This page describes those who answered. Whether the others would say the same cannot be told from answers alone.
    .title = Customers who did not answer are not heard

## Past and potential: said by several studies

left-out = { $columns } { $columns-count ->
    [one] was
   *[other] were
 } left out: { $why ->
    [constant] every customer has the same value.
   *[other] there are too few customers at its levels.
 }
several-spells = All relationships belong to { $owners } { $unit ->
    [account] accounts
   *[other] customers
 }; intervals allow for that.

column-window = { $what }, last { $days } days
column-nps-group = Last NPS answer
    .inline = last NPS answer
column-tenure = Tenure (months)
    .inline = tenure
column-price-change = Price change
    .inline = price change
column-plan-change = Plan change
    .inline = plan change
column-payment-failed = Failed payment
    .inline = failed payment
column-term = Column
column-reference = Reference

## Potential: when customers leave (survival)

column-after = After
column-still-there = Still there
column-at-risk = At risk
column-left-for = Left for it
column-overstated = Short cut would claim
column-cause = Reason
column-since = Time since the start
column-churned = Churned
column-chi-squared = χ²
column-df = Degrees of freedom
column-from-others = From all others
column-mean-time = Mean time, from all others
column-rate-ratio = Ratio of the rate
column-share-ratio = Ratio for the share
column-stop = Until
column-start = From
column-way = Way of asking
column-followed = Followed over time
column-landmark = Known at the landmark
column-trap = Ever happened (the trap)
tile-survival-causes = Left for “{ $one-name }”
tile-spells-churned = Churned so far
tile-snapshot-left = Churned in the snapshot
term-survival = Still there, survival curve
    .used = still there
    .meaning = Kaplan–Meier estimate: the share that has not left by then. It allows for customers who are still there or were followed from later on.
term-competing = Share that left for a reason
    .used = left for, gone for
    .meaning = Cumulative incidence (Aalen–Johansen): of all, the share that has left for this reason, while the other reasons compete.
term-hazard-rate = Rate of leaving
    .used = rate of leaving, as fast
    .meaning = How many of those still there leave per unit of time (hazard rate).

survival-tile = Still there after { $at }
survival-behind = { $used } relationships count; { $ended-count ->
    [0] none of them churned.
   *[other] { $ended } of them churned ({ $share }).
 }{ $unfinished-count ->
    [0] { "" }
   *[other] { " " }{ $unfinished } churned in the month that is not over; curves follow them to their last complete month.
 }{ $early-count ->
    [0] { "" }
   *[other] { " " }Another { $early } churned in a first month that was not complete, and are left out.
 }
survival-start = Curves start at { $start } and speak of those still there then; the parameter `given` sets another start.
survival-snapshot = This lab is a snapshot: all { $ended } recorded ends fall on one day, { $day }. It does not show how long customers stay: { $readable ->
    [yes] those who left earlier may be missing.
   *[no] nobody in it stayed for less than { $shortest }, so those who left earlier are missing.
 }
survival-snapshot-left = Of those present, { $left } churned in its window{ $left-state ->
    [shown] { " " }({ $left-ci }).
   *[other] .
 }
survival-no-curve = The lab is a snapshot, and nobody in it stayed for less than { $shortest }: customers who left earlier are missing. Map the days on which relationships really ended, or `observed_from`.
survival-on-condition = The curve holds only if nobody who left earlier is missing from the snapshot, which the lab cannot show.
survival-share-one = { $one } after { $at }{ $one-state ->
    [shown] { " " }({ $one-interval })
   *[other] { "" }
 }
survival-stayed = { $state ->
    [withheld] The shares are withheld: too few customers.
    [early] The curve starts after the last of these times.
    [ended] Follow-up ends before the first of these times.
   *[shown] { $late ->
        [yes] Of those still there after { $start }, still there later: { $named }
       *[no] Still there: { $named }
    }{ $beyond-count ->
        [0] .
       *[other] ; follow-up ends before { $beyond }.
    }
 }
survival-left-for = { $named-count ->
    [0] How many left for “{ $cause }” cannot be told: follow-up ends before the first of these times.
   *[other] { $late ->
        [yes] Of those still there after { $start }, gone for “{ $cause }”: { $named }.
       *[no] Gone for “{ $cause }”: { $named }.
    }
 }
survival-median = { $state ->
    [withheld] The median is withheld: too few customers.
    [unreached] Half of them have not left within the time that can be seen.
    [exact] Half have left after { $at }.
    [open] Half have left after { $at }, at least after { $least }; the upper limit cannot be seen.
   *[shown] Half have left after { $at } ({ $half-interval }).
 }
survival-cause-one = “{ $cause }” { $one } ({ $one-interval })
survival-cause-brief = “{ $cause }” { $one }
survival-causes = { $named-count ->
    [0] Why customers left cannot be shown: too few did.
   *[other] Left after { $at }: { $named }{ $more-count ->
        [0] .
       *[other] ; { $more } further reasons took less.
    }
 }
survival-overstated = Taking the other reasons as lost to follow-up would claim { $claimed-precise } instead of { $share-precise } for “{ $cause }”.
survival-group-one = “{ $one-name }” ({ $one-by }) { $one-magnitude } { $one-sign ->
    [up] higher
   *[down] lower
 }{ $kind ->
    [snapshot] { "" }
   *[other] { " " }after { $at }
 } ({ $one-span })
survival-groups = { $state ->
    [large] Share { $kind ->
        [snapshot] retained
        [gone] gone for “{ $cause }”
       *[there] still there
    } against all others: { $named }.{ $more-count ->
        [0] { "" }
        [one] { " " }One further group differs significantly.
       *[other] { " " }{ $more } further groups differ significantly.
    }
    [significant] Groups differ significantly, but not certainly by more than { $strongest-floor }: { $named }.
    [small] Differences between groups are significant, but below { $strongest-floor }: too small to matter.
    [quiet] { $untested-count ->
        [0] No
       *[other] No tested
    } group differs significantly from all others{ $kind ->
        [gone] { " " }in the share gone for “{ $cause }”
       *[other] { "" }
    }. { $least-state ->
        [unknown] { "" }
       *[other] Only differences of { $least-mde } or more would be detectable.
    }
    [untested] Differences between groups{ $kind ->
        [gone] { " " }in the share gone for “{ $cause }”
       *[other] { "" }
    } could not be tested.
   *[withheld] There are no two groups large enough to compare.
 }
survival-groups-brief = { $state ->
    [large] Furthest from all others in the share { $kind ->
        [snapshot] retained
        [gone] gone for “{ $cause }”
       *[there] still there
    }: { $first }{ $mean-given ->
        [no] .
       *[yes] ; on average it stays { $mean-magnitude } { $mean-sign ->
            [up] longer
           *[down] shorter
        }.
    }
    [significant] Some groups differ significantly, but not certainly by more than { $strongest-floor }.
    [small] Groups differ significantly, but too little to matter.
    [quiet] { $untested-count ->
        [0] Groups do
       *[other] Groups that could be tested do
    } not differ significantly{ $kind ->
        [gone] { " " }in the share gone for “{ $cause }”.
       *[other] .
    }
    [untested] Whether groups differ could not be tested.
   *[withheld] There are no two groups large enough to compare.
 }
survival-no-groups = No groups were compared: neither this run nor the lab names a column to compare customers by.
survival-beyond = Follow-up ends after { $last }. By the formula that predicted best ({ $family }), { $share } would be left after { $at } ({ $share-interval }); nobody has seen that.
survival-within = Follow-up reaches that time, so that the curve itself tells it, or too few have left.
survival-one-cause = The lab tells no two reasons apart: map “end_reason” of “spells”.
survival-no-model = { $ended ->
    [no] Nobody was seen to leave.
   *[yes] No covariate remains. { $named ->
        [yes] The reason for each that was named stands on the page.
       *[no] Name some in `covariates`.
    }
 }
survival-no-events = The lab records no answers, complaints or price changes with their days, or nobody left.
survival-kept-out = { $columns } { $columns-count ->
    [one] was
   *[other] were
 } kept out of the model: { $why ->
    [constant] every customer has the same value.
    [leaking] filled in only after customers left.
    [repeated] the levels follow from another column's.
    [quiet] nobody left there, so that no ratio can be estimated.
   *[alone] customers left at one level only.
 }
survival-associated = { $state ->
    [large] “{ $level }” ({ $term }) customers leave{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    } { $ratio } times as fast { $reference-given ->
        [yes] as “{ $reference }” customers
       *[no] per unit
    } ({ $ratio-ci }).{ $more-count ->
        [0] { "" }
       *[other] { " " }{ $more } further { $more-count ->
            [one] ratio is
           *[other] ratios are
        } significant.
    }
    [number] Per unit of { $term }, customers leave{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    } { $ratio } times as fast ({ $ratio-ci }).{ $more-count ->
        [0] { "" }
       *[other] { " " }{ $more } further { $more-count ->
            [one] ratio is
           *[other] ratios are
        } significant.
    }
    [missing] Only customers whose level is missing differ significantly in how fast they leave.
    [quiet] { $untested-count ->
        [0] No
       *[other] No tested
    } covariate is significantly associated with leaving{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    }.
   *[untested] Associations with leaving could not be tested.
 }
survival-associated-brief = { $state ->
    [large] “{ $level }” ({ $term }) customers leave{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    } { $ratio } times as fast as “{ $reference }” customers ({ $ratio-interval }){ $changing-count ->
        [0] .
       *[other] ; the ratio of { $changing } changes over time.
    }
    [number] Per unit of { $term }, customers leave{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    } { $ratio } times as fast ({ $ratio-interval }){ $changing-count ->
        [0] .
       *[other] ; the ratio of { $changing } changes over time.
    }
    [missing] Only customers whose level is missing leave at a different rate.
    [quiet] { $changing-count ->
        [0] { $untested-count ->
            [0] No
           *[other] No tested
        } covariate goes significantly with leaving{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    }.
       *[other] No covariate is significant on average{ $cause-given ->
        [yes] { " " }for “{ $cause }”
       *[no] { "" }
    }; the ratio of { $changing } changes over time.
    }
   *[untested] What goes with leaving could not be tested.
 }
survival-over-time = { $changing-count ->
    [0] No ratio changes over time by enough to matter.
   *[other] The ratio of { $changing } changes over time: read it as an average.
 }
survival-rate-share = { $state ->
    [withheld] No ratio for “{ $cause }” may be shown.
    [agree] For “{ $cause }”, ratios of the rate and of the share that it takes agree.
   *[differ] For “{ $cause }”, “{ $level }” ({ $term }) has a rate { $rate } times as high ({ $rate-interval }), but a ratio of { $share } for the share ({ $share-interval }).
 }
survival-way = { $event ->
    [yes] Customers with { $term } leave { $ratio } times as fast as those without ({ $ratio-ci }).
   *[no] With { $term } “{ $level }”, customers leave { $ratio } times as fast as with “{ $reference }” ({ $ratio-ci }).
 }{ $trap-given ->
    [no] { "" }
   *[yes] { " " }Sorted by whether it ever happened, which is a trap, it would seem { $trap }.
 }
survival-sure = { $share-state ->
    [withheld] With so few customers no interval may be shown.
    [shown] In repeated samples like this one, { $share-level } of such intervals would hold the true share.
   *[other] Where nobody has left yet, or nobody is followed any more, a share has no interval.
 }
survival-sure-sight = No interval covers customers who drop from sight because they are about to leave, nor a change of the market.

survival-curve =
    .title = Share still there
    .caption = All relationships; the band is the confidence interval, the ring marks the median.
    .reading = Below the curve stand those at risk; where they are few, the curve says little.
survival-horizons =
    .title = Share still there after the times asked for
survival-formulas =
    .title = Share still there, and what formulas say beyond
    .caption = Solid: observed. Dashed: the formula chosen, whose band takes it for right. Dotted: the others.
    .reading = Beyond the end of follow-up no data can tell which formula is right.
survival-piled =
    .title = Share that has left, by reason
    .caption = What each reason took; above lie those still there.
    .reading = The height of a band is the share of all who have left for that reason by then.
survival-claims =
    .title = What each reason took, and what one minus Kaplan–Meier would claim
survival-churned =
    .title = { $unfinished-count ->
        [0] Relationships that churned so far, by group
       *[other] Relationships that churned in months that are over, by group
    }
survival-group-curves =
    .title = Share still there, by { $column }
    .caption = The band is the confidence interval, a ring marks the median.
    .reading = Where bands lie apart, groups differ significantly in a single comparison.
survival-tests =
    .title = { $test ->
        [gray] Gray's tests: does this reason take the same share of all groups?
       *[logrank] Log-rank tests: do all groups leave at one rate?
    }
survival-differences =
    .title = { $kind ->
        [snapshot] Share retained in the snapshot, less that of all others
        [gone] Share gone for this reason, less that of all others
       *[there] Share still there when it differs most, less that of all others
    }
survival-means =
    .title = Mean time within view, less that of all others
survival-ratios =
    .title = { $cause-given ->
        [yes] Hazard ratios of leaving for “{ $cause }”
       *[no] Hazard ratios of leaving
    }
    .caption = Association, not effect; logarithmic axis.
    .reading = Right of the line customers leave sooner than those of the reference, left of it later.
    .line = line: the reference
survival-slices =
    .title = Hazard ratio in slices of time
survival-both =
    .title = Ratio of the rate of this reason, and ratio for the share that it takes
survival-risks =
    .title = Share gone for this reason, by group
survival-ways =
    .title = Rate of leaving after an event, asked in several ways
    .caption = Hazard ratios with confidence intervals; logarithmic axis.
    .reading = Right of the line customers leave sooner. Left of the others, the trap mistakes staying long for staying because of it.
    .line = line: no difference

check-clock = { $told ->
    [withheld] Too few customers, so this cannot be told.
    [unfollowed] Follow-up ends before the time that is compared.
   *[other] { $share } are still there after { $at }; { $other } after { $then }.
 }
    .title = { $state ->
        [holds] Counting in days or months gives the same
       *[watch] Counting in days or months could matter
    }
check-ties = { $term-given ->
    [no] Too few customers, so this cannot be told.
   *[yes] The ratio that moves most, of { $term }, is { $most-precise } by Efron's rule and { $other-precise } by Breslow's.
 }
    .title = { $state ->
        [holds] Another rule for ties gives the same
       *[watch] Another rule for ties could matter
    }
check-late-entry = { $told ->
    [none] Every relationship was followed from its start.
    [withheld] Too few customers, so this cannot be told.
    [unfollowed] Follow-up ends before the time that is compared.
   *[other] { $late } relationships began before records do, and count only from then on. Taken as followed from the start, { $ignored } would be left after { $at }, not { $share }.
 }
    .title = { $told ->
        [none] Everybody was followed from the start
       *[other] { $state ->
            [holds] Relationships older than the records hardly matter
           *[watch] Much hangs on relationships older than the records
        }
    }
check-lost = { $told ->
    [none] Nobody was lost to follow-up before { $at }.
    [withheld] Too few customers, so this cannot be told.
    [unfollowed] Follow-up ends before the time that is compared.
   *[other] Had all who were lost to follow-up before { $at } left at once, or all stayed, the share would lie between { $bounds-low } and { $bounds-high }.
 }
    .title = { $state ->
        [holds] Customers lost to follow-up hardly matter
       *[watch] Customers lost to follow-up could move the result
    }
check-formula = For { $at }, beyond follow-up, the formula chosen expects { $share }; the others expect { $others }.
    .title = { $state ->
        [holds] Other formulas agree beyond follow-up
       *[watch] Other formulas expect something else beyond follow-up
    }
check-earlier-ends = Nothing says from when on each was observed. { $readable ->
    [yes] If customers who left earlier are missing, the curve is too high.
   *[no] Customers who left earlier may be missing, so no curve is shown.
 }
    .title = Customers who left before the snapshot may be missing
check-known-later = { $columns-count ->
    [0] Everything in the model was known before the time that it speaks of.
   *[other] No day is recorded on which { $columns } became known. If a value changed with leaving, its ratio is too far from one.
 }
    .title = { $state ->
        [holds] Covariates were known in time
       *[watch] Some covariates may have been filled in later
    }
check-association = Plans and complaints were not randomised. What goes with leaving need not change it when it is changed.
    .title = Association is not effect

## Potential: who leaves next (prediction)

column-auc = AUC
    .inline = AUC
column-ipa = Squared error removed
column-gain = More squared error removed
column-ipa-lost = Squared error no longer removed
column-observed-predicted = Observed / predicted
column-predicted = Predicted risk
column-left = Share that left
column-contacted = Customers contacted, highest risk first
column-reached = Churned customers reached
column-threshold = Contact above this risk
column-money = Earned per customer
column-high-risk = Share at high risk
column-risk = Predicted risk
column-hazard-ratio = Hazard ratio
column-model = Model
column-day = Evaluation date
column-what = Margin
column-low = From
column-high = Below
column-total-variation = Customers at another level
column-stability = Stability index
column-noise = Noise limit
column-verdict = Outcome
column-spells = Relationships
tile-skill-auc = AUC
tile-calibration-overall = Observed / predicted
tile-lift = Churned customers reached
tile-today-high-share = At high risk today
tile-snapshot-auc = AUC, not on later data
term-auc = AUC
    .used = auc
    .meaning = The probability that the model ranks a customer who leaves above one who stays. A coin flip would be right half of the time.
term-calibrated = Calibrated, observed / predicted
    .used = calibrated, observed / predicted
    .meaning = Customers who left, divided by how many the model predicted. One means that as many left as predicted.
term-squared-error = Squared error removed
    .used = squared error
    .meaning = Index of prediction accuracy: how much of the Brier score of one risk for everybody the model removes.
term-hazard-ratio = Hazard ratio
    .used = hazard ratio
    .meaning = How many times as fast one group leaves as the reference, other things being equal.
term-stability = Stability index
    .used = stability index
    .meaning = Population stability index: how far the mix of a column has moved. Its noise limit is what chance alone would do.

risk-no-later-time = { $brief ->
    [yes] We cannot say who leaves next: this lab holds no later data on which a prediction could be evaluated.
   *[no] Whether churn can be predicted cannot be shown. { $because }
 }
risk-late = { $days-count ->
    [0] { "" }
   *[other] Churn seems to be recorded late: the newest { $days } are incomplete.{ $missing-count ->
        [0] { "" }
       *[other] { " " }About { $missing } of today's customers have probably left already.
    }
 }
risk-unseen = { $dates-count ->
    [one] The date { $newest } is
   *[other] The { $dates } dates from { $oldest } to { $newest } are
 } not evaluated: of { $live } customers on { $newest }, only { $stayed } could be seen to stay.{ $missing-sign ->
    [up] { " " }The file lacks about { $missing } of that day's customers, all of whom stayed.
   *[other] { "" }
 }
risk-behind = Models were trained on earlier data and evaluated on { $dates-count ->
    [one] one later date
   *[other] { $dates } later dates
 }: { $live } customers, of whom { $left } left within { $horizon } days.
risk-leak-one = “{ $column }” { $reason }
risk-leaks = { $leaks-count ->
    [0] There is no evidence of data leakage.
    [one] { $leaks }, so it was excluded.
   *[other] { $leaks }. They were excluded.
 }
risk-snapshot = Within this snapshot, a model ranks a customer who left above one still here { $auc } of the time{ $auc-state ->
    [shown] { " " }({ $auc-ci })
   *[other] { "" }
 }; that is no forecast.
risk-model-name = { $kind ->
    [discrete-time] the discrete-time model
    [cox] the Cox model
    [fine-and-gray] the Fine–Gray model
    [gradient-boosting] gradient boosting
    [tenure-alone] tenure alone
   *[other] tenure with { $column }
 }
risk-skill = { $state ->
    [withheld] Too few customers left to say how well churn can be predicted.
    [none] We found no evidence that churn can be predicted better than by chance: AUC { $auc }{ $auc-state ->
        [shown] { " " }({ $auc-ci }).{ $detectable-state ->
            [unknown] { "" }
           *[other] { " " }With { $left } churned customers, an AUC below about { $detectable } would go undetected.
        }
       *[other] .
    }
    [faded] Overall, AUC is { $auc }, but on the newest date only { $newest }: ranking is no longer better than chance.
   *[useful] The model ranks a customer who leaves within { $horizon } days above one who stays { $auc } of the time{ $auc-state ->
        [shown] { " " }({ $auc-ci }).
       *[other] .
    }
 }
risk-calibrated = { $state ->
    [withheld] Too few customers left to say whether predictions are well calibrated.
    [dates] Not on every date: { $least-bare } to { $most-bare } customers left for each one predicted. Over such dates the ratio is { $ratio } ({ $ratio-ci }).
    [calibrated] Yes, overall: { $ratio } customers left for each one predicted{ $ratio-state ->
        [shown] { " " }({ $ratio-ci }).
       *[other] .
    }
    [more] No, more customers left than predicted: { $ratio } for each one predicted ({ $ratio-ci }).
   *[fewer] No, fewer customers left than predicted: { $ratio } for each one predicted ({ $ratio-ci }).
 }
risk-segment-one = “{ $one-name }” { $one } ({ $one-interval })
risk-segments = { $state ->
    [large] In some segments, observed / predicted differs significantly from one: { $named }.
    [significant] Some segments differ significantly, but not certainly by more than { $strongest-floor }.
    [small] Segments differ significantly, but too little to matter.
    [quiet] { $untested-count ->
        [0] No
       *[other] No tested
    } segment differs significantly from what was predicted.
    [untested] Segments could not be tested.
   *[withheld] There is no segment with enough customers to compare.
 }
risk-model = { $state ->
    [ranks] We use { $model }: { $kept } is simpler and about as accurate, but there is no evidence that it ranks better than chance.
    [best] We use { $model }: it predicted best, and every simpler model is significantly worse.
   *[simpler] We use { $model }: { $best } is more accurate, but not significantly ({ $gap-ci }).
 }
risk-challenger = { $won-outcome ->
    [large] { $won-sign ->
        [up] On the newest date, gradient boosting is significantly more accurate. It gives no reasons, so it is not used.
       *[down] On the newest date, gradient boosting is significantly less accurate.
    }
    [not-significant] On the newest date, gradient boosting is not significantly more accurate.
    [significant] On the newest date, gradient boosting differs significantly, but not certainly by more than { $won-floor }.
    [small] On the newest date, gradient boosting differs significantly, but too little to matter.
   *[other] Gradient boosting could not be compared on the newest date.
 }
risk-challenger-ranks = On the newest date gradient boosting ranks a customer who leaves above one who stays { $auc } of the time ({ $auc-ci }); the list below does not use it.
risk-needed = { $columns-count ->
    [0] No single column is essential: without any one of them, accuracy is not significantly lower.
    [one] One column is essential, { $columns }: without it, accuracy is significantly lower.
   *[other] Essential columns are { $columns }: without any one of them, accuracy is significantly lower.
 }
risk-riskiest = { $state ->
    [none] { "" }
    [brief] Other things being equal, risk is highest for “{ $group }” ({ $column }).
    [above] Risk is highest for “{ $group }” ({ $column }): these customers leave { $ratio } times as fast as “{ $other }” ({ $ratio-ci }).
   *[below] Risk is highest for “{ $group }” ({ $column }): “{ $other }” customers leave only { $ratio } times as fast ({ $ratio-ci }).
 }
risk-lift = { $found-state ->
    [shown] The { $share } of customers at highest risk held { $found } of those who left ({ $found-ci }).
    [bare] The { $share } of customers at highest risk held { $found } of those who left.
   *[other] Too few customers left to say how many a list would have held.
 }
risk-money = { $best-sign ->
    [up] Contacting customers above a risk of { $threshold } ({ $contacted } of all) would earn { $best } per customer ({ $best-ci }); contacting everybody, { $everybody }.
   *[other] It would be best to contact nobody: at no level of risk do contacts earn back their cost.
 }
risk-today = { $high-count ->
    [0] None of today's { $scored } customers has
    [one] One of today's { $scored } customers has
   *[other] { $high } of today's { $scored } customers ({ $share }) have
 } a risk above { $above } of leaving within { $horizon } days.
risk-stake = { $expected-state ->
    [withheld] The margin at stake is withheld: too few customers.
   *[shown] Customers worth { $expected } of yearly margin are expected to leave within { $horizon } days ({ $expected-ci }).
 }
risk-changed = { $state ->
    [changed] Churn has changed: from { $day }, customers left { $ratio } times as fast as predicted ({ $ratio-ci }).{ $compared ->
        [yes] { $order ->
            [yes] { " " }Trust the order of risks, not their size.
           *[no] { "" }
        }
       *[no] { " " }A season cannot be ruled out: the history is too short.
    }
    [season] From { $day }, customers left { $ratio } times as fast as predicted ({ $ratio-ci }). A year before they did likewise: this is a season.
   *[unclear] From { $day }, customers left { $ratio } times as fast as predicted ({ $ratio-ci }). The data cannot tell a season from a change.
 }
risk-group = “{ $one-name }”
risk-relation = Who leaves has changed since { $day }, above all for { $groups }. Do not trust the order of risks.
risk-unlike = { $columns-count ->
    [0] { "" }
   *[other] Use these risks with caution: today's customers differ from the training data on { $columns }.
 }
risk-alike = There is no evidence of a change: customers are like those of the training data, and the newest predictions came true.
risk-season = { $state ->
    [none] { "" }
   *[off] A year ago, customers left { $ratio } times as fast as this model predicts ({ $ratio-ci }). If that season returns, { $expected } customers will leave, not { $predicted }.
 }
risk-answer-high = { $high-count ->
    [0] None of today's { $scored } customers is
    [one] One of today's { $scored } customers is
   *[other] { $high } of today's { $scored } customers ({ $share }) are
 } at high risk: above { $above } within { $horizon } days.
risk-answer-list = { $better ->
    [yes] Contact the { $share } at highest risk first: they held { $found } of those who left.
   *[no] { "" }
 }
risk-answer-nobody = No risk of today can be given: nobody is a customer on the day of this report.
risk-answer-skill = The ranking is better than chance: AUC is { $auc }{ $auc-state ->
    [shown] { " " }({ $auc-ci }).
   *[other] .
 }
risk-no-list = A list of customers by risk would be no better than a random one.
risk-sure = { $auc-state ->
    [shown] In repeated samples like this one, { $auc-level } of such intervals would hold the true AUC.
   *[other] There are too few customers for an interval.
 }
risk-sure-ahead = No interval covers changes of the market, of prices or of the company's own actions after the last evaluation date.
risk-nobody-here = Nobody is here on the day of the report: choose an earlier `as_of`.
risk-no-money = Map “margin” of “transactions”, or give `yearly_margin`.

risk-alone =
    .title = How well each column alone ranks customers who left
risk-skill-dates =
    .title = AUC by evaluation date
    .caption = Dots are AUC on data after training, whiskers confidence intervals.
    .reading = A whisker that reaches the line is not significant.
    .line = line: a coin flip
risk-accuracy-dates =
    .title = Squared error removed, by evaluation date
risk-calibration-curve =
    .title = Predicted risk and share that left within { $horizon } days
    .caption = Customers in groups of equal size, by predicted risk.
    .reading = On the line as many left as predicted; above it more, below it fewer.
    .line = as predicted
risk-segments-forest =
    .title = Observed / predicted ratio by segment
    .caption = Logarithmic axis.
    .reading = Right of the line more customers left than predicted, left of it fewer.
    .line = line: as predicted
risk-models =
    .title = Squared error that each model removes beyond tenure alone
risk-columns-lost =
    .title = What each column adds to the prediction
    .caption = Squared error removed by the model, less what it removes without the column.
    .reading = Right of the line, the prediction is worse without the column.
    .line = line: no loss
risk-ratios =
    .title = Hazard ratio of each level against its reference
    .caption = Association, not effect; logarithmic axis.
    .reading = Right of the line customers leave sooner than those of the reference.
    .line = line: the reference
risk-lift-curve =
    .title = Churned customers reached by contacting those at highest risk
    .caption = The band is the confidence interval.
    .reading = The further above the line, the better the list.
    .line = at random
risk-money-curve =
    .title = What contacting customers above each risk would earn
    .caption = We assume that a contact costs { $cost }, that { $kept } of those who would leave then stay, and a yearly margin of { $margin }{ $known ->
        [yes] , the average of recorded transactions.
       *[no] .
    }
    .reading = Below the line, contacts cost more than they earn. The band does not cover the assumptions.
    .line = line: contacting nobody
    .ring = ring: best
risk-distribution =
    .title = Today's customers by predicted risk
    .caption = Bars of few customers are left out.
    .reading = The darker, the higher the risk.
risk-who =
    .title = Share at high risk, by group
    .caption = Today's customers with a risk above { $above }.
    .reading = Groups are sorted by their share at high risk.
    .line = line: all customers
risk-stakes =
    .title = Yearly margin of customers who leave
risk-dates =
    .title = Observed / predicted ratio by evaluation date
    .caption = Logarithmic axis.
    .reading = Right of the line more customers left than predicted, left of it fewer.
    .line = line: as predicted
risk-mix =
    .title = Mix of today's customers and of the training data

risk-check-chance = { $kind ->
    [withheld] Too few customers left to tell.
   *[other] AUC is { $auc }{ $auc-state ->
        [shown] { " " }({ $auc-ci }).
       *[other] .
    }{ $kind ->
        [faded] { " " }On the newest date it is { $newest }.
       *[other] { "" }
    }
 }
    .title = { $kind ->
        [useful] The ranking is better than chance
        [faded] On the newest date, the ranking is no better than chance
        [none] There is no evidence that the ranking is better than chance
       *[withheld] The ranking could not be evaluated
    }
risk-check-calibration = { $kind ->
    [withheld] Too few customers left to tell.
   *[other] { $ratio } customers left for each one predicted{ $ratio-state ->
        [shown] { " " }({ $ratio-ci }).
       *[other] .
    }{ $kind ->
        [dates] { " " }Dates differ significantly.
       *[other] { "" }
    }
 }
    .title = { $kind ->
        [calibrated] Risks are well calibrated
        [dates] Calibration differs by date
        [more] More customers left than predicted
        [fewer] Fewer customers left than predicted
       *[withheld] Calibration could not be evaluated
    }
risk-check-spread = { $kind ->
    [withheld] Too few customers left to tell.
   *[other] The calibration slope is { $slope }{ $slope-state ->
        [shown] { " " }({ $slope-ci })
       *[other] { "" }
    }; one would be ideal.
 }
    .title = { $kind ->
        [calibrated] High and low risks are spread as they should be
        [fewer] The highest risks are too high, the lowest too low
        [more] The highest risks are too low, the lowest too high
       *[withheld] The spread of risks could not be evaluated
    }
risk-check-relation = { $kind ->
    [withheld] Too few customers left to tell.
   *[other] On the newest date { $ratio } customers left for each one predicted ({ $ratio-ci }).{ $columns-count ->
        [0] { "" }
       *[other] { " " }Churn is no longer associated with { $columns } as before.
    }
 }
    .title = { $state ->
        [overturns] Churn has changed since training
        [holds] Churn goes on as it did
       *[watch] { $kind ->
            [season] Churn follows a season
            [withheld] Change could not be evaluated
           *[unclear] A season or a change: the data cannot tell
        }
    }
risk-check-enough = The evaluation rests on { $left } customers who left.
    .title = { $state ->
        [holds] Enough customers left to evaluate the model
        [overturns] Too few customers left to evaluate the model
       *[watch] Few customers left: the evaluation is rough
    }
risk-check-stayers = { $seen ->
    [yes] The file holds both those who stayed and those who left.
   *[no] { $unseen }
 }
    .title = { $state ->
        [holds] Customers who stayed are in the file
       *[watch] Customers who stayed are missing from the file
    }
risk-check-mix = { $columns-count ->
    [0] There is no evidence that the mix of any column matters here.
   *[other] The mix of { $columns } has changed: risks of levels that were rare in training are less certain than they look.
 }
    .title = { $state ->
        [holds] Today's customers are like the training data
       *[watch] Today's customers differ from the training data
    }
risk-check-unscored = { $without-count ->
    [0] Every customer who is here has a risk.
   *[other] { $without } customers have no risk; the restricted file gives the reason for each.
 }
    .title = { $state ->
        [holds] Nearly all customers have a risk
       *[watch] Some customers have no risk
    }
risk-check-undated = { $columns-count ->
    [0] Everything that the models saw was known before the evaluation date.
   *[other] No day is recorded on which { $columns } became known. If filled in later, it flatters the model.
 }
    .title = { $state ->
        [holds] The models saw only what was known at the time
       *[watch] Some columns may have been filled in later
    }
risk-check-contacts = Whom a contact would keep, only a randomised trial can tell.
    .title = Being at risk is not the same as being persuadable

## People: segments

column-known-of = Known of
column-levels = Levels
column-similarity = Similarity
column-resamples = Middle of resamples
column-dissolved = Dissolved
column-classes = Segments
column-criterion = BIC
column-strength = Prediction strength
column-smallest-share = Smallest segment
column-explanation = Simpler explanation
column-as-good = As good as the segments
column-less-bic = BIC, less that of the segments
column-segment-of = Segment
column-made-of = What segments are made of
column-differs-in = What they say, do and are worth
column-share-of = Share
column-precision = Correctly assigned
column-scheme = Rival
column-a = Earlier
column-b = Now
column-action = What to do
column-at-stake = Value
column-contacts-by = Contacts by { $channel }
    .inline = contacts by { $channel }
column-live = Still customers
    .inline = still customers
column-tenure-months = Tenure, months
    .inline = tenure
column-recency-days = Days since last purchase
    .inline = days since last purchase
column-frequency = Purchases
    .inline = purchases
column-monetary = Spent in all
    .inline = spent in all
column-margin-365d = Margin of a year
    .inline = margin of a year
column-responses = Answers given
    .inline = answers given
column-recency-score = Fifths of recency
    .inline = fifths of recency
column-frequency-score = Fifths of frequency
    .inline = fifths of frequency
column-monetary-score = Fifths of money
    .inline = fifths of money
column-last-nps-group = Group of the last answer
    .inline = group of the last answer
column-churn-risk = Churn risk
    .inline = churn risk
column-later-left = Leaving
    .inline = leaving
column-later-spend = Spend
    .inline = spend
column-later-margin = Margin
    .inline = margin
column-later-nps = NPS
    .inline = NPS
column-stay = Still there after a year
    .inline = still there after a year
column-share-of-customers = Share of customers
column-share-of-answers = Share of answers
column-explained = Explained variation
column-distance = Standard deviations
tile-segments-number = Segments
tile-segments-stability = Least stable: similarity
tile-rules-right = Rules assign correctly
tile-urgent-customers = To rescue
term-similarity = Similarity
    .used = similarity
    .meaning = Jaccard coefficient over resamples: one means that the same segment is found each time.
term-agreement = Agreement
    .used = agreement
    .meaning = Adjusted Rand index: one means the same groups, zero no more than chance.
term-verdict = Natural, reproducible, constructed
    .used = natural, reproducible, constructed
    .meaning = Natural segments are found again and lie apart; reproducible ones are found again but do not lie apart; constructed ones are lines through a crowd.
term-rescue = Rescue, keep, grow, let be
    .used = rescue
    .meaning = High value and high risk; high value, low risk; low value, low risk; low value, high risk. High value is the median of present customers or more.

segments-behind = { $grouped } { $unit ->
    [answers] answers
   *[customers] customers
 } are grouped by { $many ->
    [yes] { $items-count } items.
   *[no] { $items }.
 }{ $known ->
    [all] { "" }
   *[some] { " " }Each item is known of at least { $least-precise }.
 }
segments-bought = Value rests on { $bought } transactions.
segments-doubt = { $doubt ->
    [one-scale] one scale separates customers as well: they are steps on it, not kinds
    [one-crowd] one crowd without groups would be divided as clearly
    [one-group] the data speak for no more than one group
    [pair] { $pair } go together beyond what the segments explain
    [shade] they shade into one another
    [open] the data do not settle on that number
   *[none] { "" }
 }
segments-verdict = { $kind ->
    [by-rule] { $count } segments follow from a rule: whoever applies it finds them again.
    [natural] { $count } segments are natural: they lie apart and are found again in resamples (least similarity { $smallest }).
    [reproducible] { $count } segments are reproducible, not natural: they are found again (least similarity { $smallest }), but { $why }.
   *[constructed] { $count } segments are constructed: { $doubt ->
        [one-group] they are cuts through one group.
       *[other] not all of them would be found again.
    }
 }
segments-gaps-assumed = This assumes that answers are missing by chance, given the others.
segments-how-many = { $state ->
    [one] The data speak for no more than one group; { $used } show what cutting it would give.
    [most] { $halves ->
        [yes] As many as { $best } segments predict one half of the customers from the other, the most that were tried.
       *[no] Each further segment fits better, up to { $best }: no number of segments is best.
    }
    [same] { $halves ->
        [yes] { $best } segments are found again in the other half of the customers; more are not.
       *[no] The data speak for { $best } segments.
    }
   *[asked] The data speak for { $best } segments; { $used } were asked for.
 }
segments-sizes = { $most-state ->
    [withheld] Every segment is too small to be shown.
   *[other] The largest segment is “{ $most-name }” with { $most } ({ $most-interval }); the smallest is “{ $least-name }” with { $least } ({ $least-interval }).
 }
segments-kind-one = { $one } “{ $one-name }”{ $besides-count ->
    [0] { "" }
   *[other] { " " }(also { $besides })
 }
segments-kinds = { $named-count ->
    [0] Every segment is too small to be shown.
   *[other] { $named }{ $more-count ->
        [0] .
       *[other] ; the others are smaller.
    }
 }
segments-gap-one = “{ $segment }”: { $what } { $level-given ->
    [yes] { $level } ({ $level-interval }),
   *[no] { "" }
 } { $gap-sign ->
    [up] higher
   *[down] lower
 } than the others
segments-gaps = { $recorded ->
    [no] Nothing else is recorded that segments could differ in.
   *[yes] { $state ->
        [large] { $named }.{ $more-count ->
            [0] { "" }
           *[other] { " " }{ $more } further differences are significant.
        }
        [quiet] Segments do not differ significantly in what customers say and do.
        [untested] Differences in what customers say and do could not be tested.
        [withheld] Too few customers to compare the segments.
       *[other] Segments differ significantly, but too little to matter.
    }
 }
segments-worth = { $state ->
    [withheld] What the segments are worth is withheld: too few customers.
   *[other] A customer of “{ $most-name }” is worth { $most } ({ $most-interval }), one of “{ $least-name }” { $least } ({ $least-interval }){ $state ->
        [differs] .
       *[chance] ; the difference is not significant.
    }
 }
segments-stay = { $state ->
    [withheld] How long segments stay cannot be told: too few were followed as long.
   *[other] After { $at }, { $most } of “{ $most-name }” { $most-state ->
        [shown] ({ $most-interval })
       *[other] { "" }
    } and { $least } of “{ $least-name }” { $least-state ->
        [shown] ({ $least-interval })
       *[other] { "" }
    } are still there{ $state ->
        [apart] .
        [overlap] : the intervals overlap.
       *[unsure] ; how sure the gap is cannot be told.
    }{ $caution ->
        [deeds] { " " }Segments are made of what customers did while they stayed, so part of any gap is there by construction.
        [undated] { " " }The items carry no day, so part or all of any gap may be there by construction.
       *[none] { "" }
    }
 }
segments-no-spells = No spells are mapped.
segments-stage-stays = A stage says who is still a customer: a curve by stage would only repeat that.
segments-split = { $better-count ->
    [0] These segments are not shown to predict later { $asked } better than a simple split: keep the simple one.
   *[other] These segments predict later { $better } better than every simple split that was tried.{ $rest-count ->
        [0] { "" }
       *[other] { " " }For { $rest } keep the simple one.
    }
 }
segments-undated = The items carry no day of their own: they may have changed when customers left.
segments-unlater = Nothing is recorded of later days.
segments-no-rival = No rival can be made: map `spells` or `transactions`.
segments-few-later = Too few customers of { $day } were heard of in the { $days } days after it.
segments-moves = The agreement of segments of { $days } days before with those of now is { $same }.{ $many-count ->
    [0] { "" }
    [1] { " " }Of “{ $first }”, { $most } are still in it.
   *[other] { " " }Still in the same segment: { $most } of “{ $first }”, { $least } of “{ $last }”.
 }
segments-by-rule = Everyone is in exactly the segment whose rule holds, the first from the top.
segments-rules = Plain rules put { $right } of { $unit ->
    [answers] answers
   *[customers] customers
 } where the model does ({ $right-ci }); putting everyone into the largest segment would get { $largest } right.
segments-urgent = { $crowd-state ->
    [withheld] How many customers need attention now is withheld: too few.
   *[other] { $crowd } customers of high value are { $what ->
        [last-nps-group] detractors by their last answer
        [recency-days] without a purchase for { $days } days or more
       *[other] likely to leave
    }: they stand for { $stake }, counted as { $worth }.
 }
segments-urgent-largest = The ten largest of them hold { $ten } of that.
segments-no-grid = Neither value nor risk is told: map `transactions`, and `responses` or a churn risk.
segments-sure = { $kind ->
    [by-rule] Groups by rule have no sampling error of their own: their sizes and figures have.
   *[other] In resamples the least stable segment has a similarity of { $smallest }, where the same segment would have one.
 }
segments-sure-corrected = { $corrected ->
    [yes] Figures are corrected for customers who are put into the wrong segment.
   *[no] Figures are those of the customers as they were assigned, not of kinds of customers.
 }

segments-items =
    .title = Items that customers are grouped by
segments-numbers =
    .title = How many segments
segments-stability =
    .title = How well each segment is found again in resamples
segments-simpler =
    .title = What else could explain the segments
segments-shares =
    .title = Share of { $unit ->
        [answers] answers
       *[customers] customers
    } in each segment
    .caption = Dots are shares, whiskers confidence intervals.
    .reading = The further right, the larger the segment.
segments-distances =
    .title = Distance of each segment from all others, in standard deviations
    .caption = Blue: more than the others; brown: less.
    .reading = Numbers in grey without a shade are not significant; what no segment differs in is left out.
segments-levels =
    .title = What each segment says, does and is worth
segments-money =
    .title = Value of a customer, by segment
    .caption = Dots are means, whiskers confidence intervals.
    .reading = Diamonds differ significantly from the other customers.
segments-curves =
    .title = Share still there, by segment
    .caption = The band is the confidence interval, a ring marks the median.
    .reading = Where bands overlap, no gap is shown.
segments-rivals =
    .title = Explained variation beyond a simple split
    .caption = Of what came in the { $days } days after { $day }: segments less each rival.
    .reading = Right of the line the segments predicted better; a whisker across the line is not significant.
    .line = line: no better than the rival
segments-turns =
    .title = Where the customers of each segment are now
    .caption = Rows are the earlier segments, columns the present ones.
    .reading = Darker for more: on the diagonal stand those who stayed.
segments-rule-table =
    .title = Rules that a person can apply
segments-mix =
    .title = Who they are: share of each group within a segment
    .caption = Each column of a block adds up to all of a segment.
    .reading = Where shades are alike across a line, there is hardly a difference.
segments-grid =
    .title = Customers by segment and what to do
    .caption = Rescue: high value, high risk. Keep: high value, low risk. Grow: low value, low risk. Let be: low value, high risk.
    .reading = Darker for more customers. High value is the median or more.
segments-stakes =
    .title = Value by segment and what to do

segments-check-again = In resamples the segment that is found again least has a similarity of { $smallest }.{ $kind ->
    [natural] { "" }
   *[other] { " " }{ $doubt ->
        [one-scale] One scale separates customers as well.
        [one-crowd] One crowd without groups would be divided as clearly.
        [one-group] The data speak for no more than one group.
        [pair] { $pair } go together beyond what the segments explain.
        [shade] The segments shade into one another.
       *[open] The data do not settle on that number.
    }
 }
    .title = { $state ->
        [holds] The segments are found again and lie apart
        [overturns] Other samples would give other segments
       *[watch] The segments are found again but do not lie apart
    }
segments-check-simpler = { $state ->
    [holds] { $method ->
        [classes] Neither one scale nor two items that go together explain the customers as well.
        [mixture] Neither one scale nor one crowd without groups explains the customers as well.
       *[other] One crowd without groups would not be divided as clearly.
    }
   *[overturns] { $doubt ->
        [one-scale] One scale separates customers as well: these are steps on it.
        [one-crowd] One crowd without groups would be divided as clearly: these are parts of it.
        [one-group] The data speak for no more than one group: these are cuts through it.
       *[pair] { $pair } go together, and that makes segments by itself. Leave one of the two out of `items` and run the study again.
    }
 }
    .title = { $state ->
        [holds] Nothing simpler explains the customers
       *[overturns] Something simpler explains the customers
    }
segments-check-method = { $tried ->
    [no] The other method, k-means, needs numbers of customers; these items are none.
   *[yes] Against { $method ->
        [mixture] a Gaussian mixture
       *[k-means] k-means
    }, asked for as many, the agreement is { $agreement } ({ $agreement-ci }).
 }
    .title = { $tried ->
        [no] No other method could be tried
       *[yes] { $state ->
            [holds] Another method finds the same segments
            [overturns] Another method finds other segments
           *[watch] Another method agrees only in part
        }
    }
segments-check-later = { $told ->
    [yes] The agreement of segments of { $days } days before with those of now is { $agreement }.
    [undated] The items carry no day of their own.
   *[other] No earlier day can be looked at.
 }
    .title = { $told ->
        [yes] { $state ->
            [holds] Customers stay in their segments
           *[watch] Many customers change their segment
        }
       *[other] Whether customers stay in their segments cannot be told
    }
segments-check-starts = { $found } of { $starts } random starts arrived at the same segments.
    .title = { $state ->
        [holds] Other starts of the search find the same
       *[watch] Few starts of the search find the same
    }
segments-check-correction = { $corrected ->
    [yes] Figures are corrected as if what is told of a segment depended on the items through the segment alone.
   *[no] Customers put into the wrong segment make segments look more alike than they are.
 }
    .title = { $corrected ->
        [yes] The correction for wrong segments rests on an assumption
       *[no] Figures are not corrected for wrong segments
    }
segments-check-sure = Customers are in the segment they are put into with a probability of { $certainty } on average.
    .title = { $state ->
        [holds] Most customers are clearly in one segment
        [overturns] Many customers may be in another segment
       *[watch] Some customers may be in another segment
    }
segments-check-split = { $told ->
    [undated] The items carry no day, and may have changed on leaving, so this cannot be asked.
    [unasked] No later time was there to compare on.
    [better] The segments predict { $better } better than the simple splits that were tried.
   *[none] The segments are not shown to predict what comes later: they describe.
 }
    .title = { $told ->
        [better] A simpler split would not do as well
        [none] A simpler split may do as well
       *[other] Whether a simpler split would do is open
    }
segments-check-rules = Rules reach { $told } of { $count } segments and put { $right } of { $unit ->
    [answers] answers
   *[customers] customers
 } where the model does.
    .title = { $state ->
        [holds] Plain rules do nearly as well as the model
       *[watch] { $every ->
            [yes] Plain rules lose some of what the model tells
           *[no] Plain rules miss some segments
        }
    }
segments-check-known = { $every ->
    [yes] Every item is known of everybody.
   *[no] Least is known of { $item }: of { $share-precise }. If customers without it differ, that alone can make or hide a segment.
 }
    .title = { $state ->
        [holds] Nearly everything is known of the customers
        [overturns] Too little is known of an item
       *[watch] An item is not known of some customers
    }
