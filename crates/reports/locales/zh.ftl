# 中文：标题、标签和日期。其余用英文。

date = { $precision ->
    [day] { $year }年{ $month }月{ $day }日
    [month] { $year }年{ $month }月
   *[year] { $year }年
}
date-genitive = { date }
when = { date }
when-before = 不晚于{ date }
when-after = 不早于{ date }
when-from-to = { $start }至{ $end }
when-since = 自{ $start }起
when-until = 至{ $end }
in-doubt = { $date }（存疑）
about-then = { $date }前后
more-than-years = { $years }年以上
quantity = { $qualifier ->
    [exact] { $n }
    [more_than] 超过{ $n }
    [at_least] 至少{ $n }
    [about] 约{ $n }
   *[at_most] 至多{ $n }
}
people = { quantity }人
cities = { quantity }个城市
organizations = { quantity }个组织
delegations = { quantity }个代表团
separator = ；
comma = 、
list-two = { $first }和{ $second }
list-more = { $first }、{ $rest }
list-last = { $first }和{ $last }
list-open = { $list }等
details = { $what }（{ $details }）
said = { $what }：{ $details }
quoted = “{ $text }”
title-annual = { $home }市{ $year }年国际交往
title-agreements = { $home }市{ $year }年协议
label-page = 页
label-contents = 目录
label-records = 依据
nothing = 无记录。
section-introduction = 关于本报告
section-overview = 友好关系概况
overview-twins = 友好城市
overview-planned = 拟结为友好城市
overview-friends = 友好交往
overview-cooperation = 合作关系
map-caption = 友好关系分布图
years-caption = 历年建立的关系
years-series = 建立的关系
group-twin = 友好城市
group-planned = 拟结友好城市
group-friendship = 友好交往
group-contact = 联系
group-cooperation = 合作
section-multilateral = 多边合作
section-organization = 工作组织
section-bodies = 本市社会团体
country-main = 年度要事
country-projects = 项目
country-letters = 往来信函
country-media = 媒体报道
section-other-events = 其他活动
section-assistance = 对投资者和企业的协助
section-media = 媒体报道
section-plans = 计划
annex-partnerships = 附件一 关系名册
annex-agreements = 附件二 协议及其他文件
annex-exchanges = 附件三 按国家和方向统计的代表团
annex-findings = 附件四 数据说明
column-partner = 伙伴
column-country = 国家
column-kind = 类型
column-stage = 阶段
column-since = 起始时间
column-title = 名称
column-paper-kind = 类型
column-signed = 签署日期
column-state = 状态
column-term = 有效期
column-direction = 方向
column-certain = 确定
column-possible = 可能
column-reported = 上报
column-severity = 级别
column-finding = 说明
column-evidence = 详情
incoming = 接待
outgoing = 派出
section-papers = 文件
section-activity = 交流与活动
