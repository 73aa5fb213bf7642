# 한국어: 제목, 표지, 날짜. 나머지는 영어.

date = { $precision ->
    [day] { $year }년 { $month }월 { $day }일
    [month] { $year }년 { $month }월
   *[year] { $year }년
}
date-genitive = { date }
when = { date }
when-before = 늦어도 { date }
when-after = 일러도 { date }
when-from-to = { $start }부터 { $end }까지
when-since = { $start }부터
when-until = { $end }까지
in-doubt = { $date }(불확실)
about-then = { $date }경
more-than-years = { $years }년 이상
quantity = { $qualifier ->
    [exact] { $n }
    [more_than] { $n } 초과
    [at_least] { $n } 이상
    [about] 약 { $n }
   *[at_most] { $n } 이하
}
people = { quantity }명
cities = { quantity }개 도시
organizations = { quantity }개 단체
delegations = { quantity }개 대표단
separator = { "; " }
comma = { ", " }
list-two = { $first }, { $second }
list-more = { $first }, { $rest }
list-last = { $first }, { $last }
list-open = { $list } 등
details = { $what }({ $details })
said = { $what }: { $details }
quoted = “{ $text }”
title-annual = { $home }시 { $year }년 국제 교류
title-agreements = { $home }시 { $year }년 협정
label-page = 쪽
label-contents = 차례
label-records = 근거
nothing = 기록이 없습니다.
section-introduction = 이 보고서에 대하여
section-overview = 교류 현황
overview-twins = 자매도시
overview-planned = 자매결연 추진 도시
overview-friends = 우호도시
overview-cooperation = 협력 관계
map-caption = 교류 지도
years-caption = 연도별 결연
years-series = 결연
group-twin = 자매도시
group-planned = 결연 추진
group-friendship = 우호도시
group-contact = 교류
group-cooperation = 협력
section-multilateral = 다자 협력
section-organization = 업무 체계
section-bodies = 시의 단체
country-main = 올해의 주요 행사
country-projects = 사업
country-letters = 왕복 서신
country-media = 보도
section-other-events = 그 밖의 행사
section-assistance = 투자자와 기업 지원
section-media = 언론 보도
section-plans = 계획
annex-partnerships = 부록 1. 교류 명부
annex-agreements = 부록 2. 협정과 그 밖의 문서
annex-exchanges = 부록 3. 국가별·방향별 대표단
annex-findings = 부록 4. 자료에 대한 지적
column-partner = 상대
column-country = 국가
column-kind = 종류
column-stage = 단계
column-since = 시작
column-title = 제목
column-paper-kind = 종류
column-signed = 서명
column-state = 상태
column-term = 기간
column-direction = 방향
column-certain = 확실
column-possible = 가능
column-reported = 보고
column-severity = 중요도
column-finding = 지적
column-evidence = 세부
incoming = 접수
outgoing = 파견
section-papers = 문서
section-activity = 교류와 행사
