# English.

### Dates and quantities

month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
month-genitive = { month }
month-prepositional = { month }
date = { $precision ->
    [day] { $day } { month } { $year }
    [month] { month } { $year }
   *[year] { $year }
}
date-genitive = { date }
when = { $precision ->
    [day] on { $day } { month } { $year }
    [month] in { month } { $year }
   *[year] in { $year }
}
when-before = not later than { date }
when-after = not before { date }
when-from-to = from { $start } to { $end }
when-since = since { $start }
when-until = until { $end }
in-doubt = { $date } (presumably)
about-then = { $date } (approximately)
more-than-years = { $years ->
    [one] more than one year
   *[other] more than { $years } years
}
quantity = { $qualifier ->
    [exact] { $n }
    [more_than] more than { $n }
    [at_least] at least { $n }
    [about] about { $n }
   *[at_most] at most { $n }
}
people = { quantity } { $n ->
    [one] person
   *[other] people
}
cities = { quantity } { $n ->
    [one] city
   *[other] cities
}
organizations = { quantity } { $n ->
    [one] organization
   *[other] organizations
}
delegations = { quantity } { $n ->
    [one] delegation
   *[other] delegations
}

### Joints

separator = { "; " }
comma = { ", " }
list-two = { $first } and { $second }
list-more = { $first }, { $rest }
list-last = { $first } and { $last }
list-open = { $list } and others
details = { $what } ({ $details })
said = { $what }: { $details }
quoted = “{ $text }”
sentence = { $text }.
more = and { $count } more

### Frame

title-annual = International relations of { $home } in { $year }
subtitle-annual = Report of the city's international office. Drawn from the records as of { $date }
title-agreements = Agreements of { $home } in { $year }
subtitle-agreements = Concluded, in force and lapsed. Drawn from the records as of { $date }
title-partnership = { $home } – { $partner }
subtitle-partnership = The tie at a glance. Drawn from the records as of { $date }
label-page = Page
label-contents = Contents
label-records = Drawn from
nothing = Nothing is recorded.

### Introduction

section-introduction = What this report is about
introduction = This report sums up { $year } in { $home } in these domains: { $domains }.
domain-empty = Nothing is recorded for { $year } in the domain “{ $domain }”.

### The whole picture

section-overview = The ties as a whole
overview-count = { $home } keeps { $ties ->
    [one] { $ties } bilateral tie
   *[other] { $ties } bilateral ties
} with cities and regions of { $countries ->
    [one] { $countries } country
   *[other] { $countries } countries
}, and { $multilateral ->
    [one] { $multilateral } multilateral one
   *[other] { $multilateral } multilateral ones
}.
overview-established = { $count ->
    [one] { $count } new tie was established in { $year }
   *[other] { $count } new ties were established in { $year }
}: { $names }.
overview-twins = Twin cities
overview-planned = Twinning is sought with
overview-friends = Friendship
overview-cooperation = Cooperation
borders-home = borders on { $home }
traditional = traditional partner
established = established { $when }
lasting = lasting { $years }
established-disputed = sources differ on the date: { $dates }
treaty = { $kind } of { $when }
map-caption = The city's ties on a map
years-caption = Ties established, by year
years-series = Ties established
group-twin = Twin cities
group-planned = Twinning sought
group-friendship = Friendship
group-contact = Contacts
group-cooperation = Cooperation
group-home = { $home }

### Multilateral work

section-multilateral = Multilateral cooperation
multilateral-associations = The city belongs to these associations
association-national = national, not international
multilateral-groups = Groups of three and more cities
multilateral-bodies = Cooperation with organizations and foundations

### Organisation

section-organization = How the work is organised
organization-unit = International relations are the task of the { $unit }.
organization-plan = { $title }: { $state }; { $items ->
    [one] { $items } item
   *[other] { $items } items
}, { $done } done.
organization-instruments = Instruments
organization-items = Items of the plan
plan-untitled = Work plan for { $year }
section-bodies = The city's own bodies
bodies-founded = { $name }: founded { $when }
bodies-intro = Bodies with partners abroad that were founded in the city

### Countries

country-main = Main events of the year
country-papers = Signed { $when }: { $title }.
country-purpose = Purpose: { $purpose }.
country-objectives = Objectives
country-levels-with = { $levels } On the partner's side: { $names }.
country-levels = With { $partner } the sides work together on these levels: { $levels }.
country-protocols = Papers that hold
country-exchanges = Exchanges of delegations
country-exchanges-under = under: { $paper }
country-implementers = Carried out with: { $names }.
country-events = Events of { $year }
country-retold = From earlier years
country-undated = Without a date
country-friends = Friendship: { $names }.
country-contacts = Contacts: { $names }.
country-bodies = Cooperation: { $names }.
country-programmes = Programmes under which there was cooperation: { $names }.
programme-fields = { $title } (fields: { $fields })
country-figures = { $incoming_known ->
    [yes] { $outgoing_known ->
        [yes] Received: { $incoming }, sent: { $outgoing }
       *[no] Received: { $incoming }
    }
   *[no] Sent: { $outgoing }
} ({ $basis }).
basis-reported = as the office reported
basis-counted = as recorded
basis-both = as the office reported; as recorded: { $counted }
figures-in-out = received { $incoming }, sent { $outgoing }
country-projects = Projects
country-talks = Talks about twinning
talks = { $partner }: { $stage }
country-letters = Correspondence
letter-via = through: { $names }
country-cases = Help for investors and enterprises
country-media = Publications
event-participants = taking part: { $names }
event-joint = held jointly
event-place = at: { $place }
event-result = outcome: { $text }
event-includes = part of it: { $names }
event-projects = presented: { $names }
participants-of = { $who }: { $count }
period-unknown = date not recorded
exchange-results = outcome: { $text }
case-for = for: { $name }
case-goods = goods: { $goods }
case-where = at: { $places }
case-outcome = outcome: { $text }

### The rest

section-other-events = Other events
section-assistance = Help for investors and enterprises
section-media = In the media
section-plans = Plans
plans-year = Planned for { $year } and later
plans-open = Planned; nothing is recorded of how it went
plans-projects = Planned projects

### Annexes

annex-partnerships = Annex 1. Register of ties
annex-agreements = Annex 2. Agreements and other papers
annex-exchanges = Annex 3. Delegations by country and direction
annex-findings = Annex 4. Remarks on the data
findings-none = There are no remarks.
exchanges-note = “Certain” are exchanges that lie wholly in { $year }; “possible” are those whose date is not fully known. “Reported” are figures the office has named.
column-partner = Partner
column-country = Country
column-kind = Kind
column-stage = Stage
column-since = Since
column-title = Title
column-paper-kind = Kind
column-signed = Signed
column-state = State
column-term = Term
column-direction = Direction
column-certain = Certain
column-possible = Possible
column-reported = Reported
column-severity = Severity
column-finding = Remark
column-evidence = Details
incoming = Received
outgoing = Sent
chart-exchanges = Delegations by country and direction, { $year }
severity = { $severity ->
    [error] error
    [warning] warning
   *[info] information
}
target = { $kind }, sought: { $target }

### Report on agreements

section-concluded = Concluded in { $year }
section-in-force = In force
section-lapsed = Lapsed in { $year }
section-signed = Signed, term not recorded
agreements-count = Concluded: { $concluded }; in force at the end of the year: { $in_force }; lapsed: { $lapsed }.

### Report on a tie

section-tie = The tie
section-papers = Papers
section-activity = Exchanges and events
section-letters = Correspondence
section-joint = Projects and help
section-ahead = Ahead
tie-stage = Stage: { $stage }.
tie-kind = Kind: { $kind }.
tie-parties = Parties: { $names }.
tie-balance = Received: { $incoming }, sent: { $outgoing }; people: { $people_in } and { $people_out }.
tie-last = Last activity: no later than { $when }.
tie-engagement = Engagement: { $engagement }.
anniversary = { $years ->
    [one] { $years } year
   *[other] { $years } years
}, { $when }
tie-anniversaries = Next anniversaries: { $dates }.
