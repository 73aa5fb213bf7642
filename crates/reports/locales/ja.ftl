# 日本語：見出し、ラベル、日付。ほかは英語。

date = { $precision ->
    [day] { $year }年{ $month }月{ $day }日
    [month] { $year }年{ $month }月
   *[year] { $year }年
}
date-genitive = { date }
when = { date }
when-before = { date }以前
when-after = { date }以後
when-from-to = { $start }から{ $end }まで
when-since = { $start }から
when-until = { $end }まで
in-doubt = { $date }（不確か）
about-then = { $date }ごろ
more-than-years = { $years }年以上
quantity = { $qualifier ->
    [exact] { $n }
    [more_than] { $n }超
    [at_least] { $n }以上
    [about] 約{ $n }
   *[at_most] { $n }以下
}
people = { quantity }人
cities = { quantity }都市
organizations = { quantity }団体
delegations = { quantity }代表団
separator = ；
comma = 、
list-two = { $first }と{ $second }
list-more = { $first }、{ $rest }
list-last = { $first }、{ $last }
list-open = { $list }など
details = { $what }（{ $details }）
said = { $what }：{ $details }
quoted = 「{ $text }」
title-annual = { $home }市 { $year }年の国際交流
title-agreements = { $home }市 { $year }年の協定
label-page = ページ
label-contents = 目次
label-records = 出典
nothing = 記録はありません。
section-introduction = この報告について
section-overview = 交流の全体像
overview-twins = 姉妹都市
overview-planned = 姉妹都市提携を目指す都市
overview-friends = 友好都市
overview-cooperation = 協力関係
map-caption = 交流先の地図
years-caption = 年別の提携
years-series = 提携
group-twin = 姉妹都市
group-planned = 提携予定
group-friendship = 友好都市
group-contact = 交流
group-cooperation = 協力
section-multilateral = 多国間協力
section-organization = 業務体制
section-bodies = 市内の団体
country-main = 主な出来事
country-projects = 事業
country-letters = 往復文書
country-media = 報道
section-other-events = その他の行事
section-assistance = 投資家・企業への支援
section-media = 報道
section-plans = 計画
annex-partnerships = 付録1 交流先一覧
annex-agreements = 付録2 協定その他の文書
annex-exchanges = 付録3 国別・方向別の代表団
annex-findings = 付録4 データについての注記
column-partner = 相手
column-country = 国
column-kind = 種別
column-stage = 段階
column-since = 開始
column-title = 名称
column-paper-kind = 種別
column-signed = 署名
column-state = 状態
column-term = 有効期間
column-direction = 方向
column-certain = 確実
column-possible = 可能性あり
column-reported = 報告値
column-severity = 重要度
column-finding = 注記
column-evidence = 詳細
incoming = 受入
outgoing = 派遣
section-papers = 文書
section-activity = 交流と行事
