# Русский. Формы слов даны целиком; имена приходят в нужном падеже (genitive, prepositional,
# instrumental), а где падежа нет — с нарицательным словом впереди.

### Даты и величины

month = { $month ->
    [1] январь
    [2] февраль
    [3] март
    [4] апрель
    [5] май
    [6] июнь
    [7] июль
    [8] август
    [9] сентябрь
    [10] октябрь
    [11] ноябрь
   *[12] декабрь
}
month-genitive = { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
}
month-prepositional = { $month ->
    [1] январе
    [2] феврале
    [3] марте
    [4] апреле
    [5] мае
    [6] июне
    [7] июле
    [8] августе
    [9] сентябре
    [10] октябре
    [11] ноябре
   *[12] декабре
}
date = { $precision ->
    [day] { $day } { month-genitive } { $year } года
    [month] { month } { $year } года
   *[year] { $year } год
}
date-genitive = { $precision ->
    [day] { $day } { month-genitive } { $year } года
    [month] { month-genitive } { $year } года
   *[year] { $year } года
}
when = { $precision ->
    [day] { $day } { month-genitive } { $year } года
    [month] в { month-prepositional } { $year } года
   *[year] в { $year } году
}
when-before = не позднее { date-genitive }
when-after = не ранее { date-genitive }
when-from-to = с { $start } по { $end }
when-since = с { $start }
when-until = до { $end }
in-doubt = { $date } (предположительно)
about-then = { $date } (приблизительно)
more-than-years = { $years ->
    [one] более { $years } года
   *[other] более { $years } лет
}
quantity = { $qualifier ->
    [exact] { $n }
    [more_than] свыше { $n }
    [at_least] не менее { $n }
    [about] около { $n }
   *[at_most] не более { $n }
}
people = { $qualifier ->
    [exact] { $n ->
        [few] { $n } человека
       *[other] { $n } человек
    }
   *[other] { quantity } человек
}
cities = { $qualifier ->
    [exact] { $n ->
        [one] { $n } город
        [few] { $n } города
       *[other] { $n } городов
    }
   *[other] { quantity } { $n ->
        [one] города
       *[other] городов
    }
}
organizations = { $qualifier ->
    [exact] { $n ->
        [one] { $n } организация
        [few] { $n } организации
       *[other] { $n } организаций
    }
   *[other] { quantity } { $n ->
        [one] организации
       *[other] организаций
    }
}
delegations = { $qualifier ->
    [exact] { $n ->
        [one] { $n } делегация
        [few] { $n } делегации
       *[other] { $n } делегаций
    }
   *[other] { quantity } { $n ->
        [one] делегации
       *[other] делегаций
    }
}

### Связки

separator = { "; " }
comma = { ", " }
list-two = { $first } и { $second }
list-more = { $first }, { $rest }
list-last = { $first } и { $last }
list-open = { $list } и др.
details = { $what } ({ $details })
said = { $what }: { $details }
quoted = «{ $text }»
sentence = { $text }.
more = и ещё { $count }

### Обрамление

title-annual = Международная деятельность города { $home_genitive } в { $year } году
subtitle-annual = Отчёт международной службы города. Составлен по записям на { $date }
title-agreements = Соглашения города { $home_genitive } за { $year } год
subtitle-agreements = Заключённые, действующие и утратившие силу. Составлено по записям на { $date }
title-partnership = { $home } – { $partner }
subtitle-partnership = Справка о связях. Составлена по записям на { $date }
label-page = Стр.
label-contents = Содержание
label-records = Основание
nothing = Сведений нет.

### Введение

section-introduction = О чём этот отчёт
introduction = Отчёт подводит итоги { $year } года в городе { $home_prepositional } по направлениям: { $domains }.
domain-empty = По направлению «{ $domain }» записей за { $year } год нет.

### Общая картина

section-overview = Общая картина связей
overview-count = { $ties ->
    [one] На учёте { $ties } двусторонняя связь
    [few] На учёте { $ties } двусторонние связи
   *[other] На учёте { $ties } двусторонних связей
} города { $home_genitive } с другими городами и регионами { $countries ->
    [one] { $countries } страны
   *[other] { $countries } стран
} и { $multilateral ->
    [one] { $multilateral } многостороннее объединение
    [few] { $multilateral } многосторонних объединения
   *[other] { $multilateral } многосторонних объединений
}.
overview-established = { $count ->
    [one] В { $year } году установлена { $count } новая связь
    [few] В { $year } году установлены { $count } новые связи
   *[other] В { $year } году установлено { $count } новых связей
}: { $names }.
overview-twins = Города-побратимы
overview-planned = Планируется установить побратимские отношения
overview-friends = Дружественные связи
overview-cooperation = Связи сотрудничества
borders-home = граничит с { $home_instrumental }
traditional = традиционный партнёр
established = связи установлены { $when }
lasting = связи насчитывают { $years }
established-disputed = дата установления связей спорна: { $dates }
treaty = { $kind } от { $when }
map-caption = Связи города на карте
years-caption = Установленные связи по годам
years-series = Установлено связей
group-twin = Побратимы
group-planned = Планируемые побратимы
group-friendship = Дружественные города
group-contact = Контакты
group-cooperation = Сотрудничество
group-home = { $home }

### Многостороннее сотрудничество

section-multilateral = Многостороннее сотрудничество
multilateral-associations = Город состоит в ассоциациях
association-national = национальная, не международная
multilateral-groups = Трёхсторонние и многосторонние объединения городов
multilateral-bodies = Сотрудничество с организациями и фондами

### Организация работы

section-organization = Организация работы
organization-unit = Международными связями занимается { $unit }.
organization-plan = { $title } — { $state }; { $items ->
    [one] { $items } пункт
    [few] { $items } пункта
   *[other] { $items } пунктов
}, из них выполнено { $done }.
organization-instruments = Инструменты работы
organization-items = Пункты плана
plan-untitled = План работы на { $year } год
section-bodies = Общественные организации города
bodies-founded = { $name }: создана { $when }
bodies-intro = В городе созданы организации, связанные с зарубежными партнёрами

### Страны

country-main = Главные события года
country-papers = Подписано { $when }: { $title }.
country-purpose = Цель: { $purpose }.
country-objectives = Задачи
country-levels-with = { $levels } Со стороны партнёра: { $names }.
country-levels = С городом { $partner_instrumental } взаимодействие ведётся на уровнях: { $levels }.
country-protocols = Действуют документы
country-exchanges = Обмены делегациями
country-exchanges-under = в рамках документа { $paper }
country-implementers = К обменам привлечены: { $names }.
country-events = Мероприятия { $year } года
country-retold = Из прошлых лет
country-undated = Без указанной даты
country-friends = Дружественные связи: { $names }.
country-contacts = Контакты поддерживаются с городами: { $names }.
country-bodies = Отношения сотрудничества: { $names }.
country-programmes = Программы, в рамках которых шло сотрудничество: { $names }.
programme-fields = { $title } (области: { $fields })
country-figures = { $incoming_known ->
    [yes] { $outgoing_known ->
        [yes] Принято: { $incoming }, направлено: { $outgoing }
       *[no] Принято: { $incoming }
    }
   *[no] Направлено: { $outgoing }
} ({ $basis }).
basis-reported = по сведениям отдела
basis-counted = по записям
basis-both = по сведениям отдела; по записям: { $counted }
figures-in-out = принято { $incoming }, направлено { $outgoing }
country-projects = Проекты
country-talks = Переговоры об установлении побратимских связей
talks = { $partner } — { $stage }
country-letters = Переписка
letter-via = через: { $names }
country-cases = Поддержка инвесторов и предприятий
country-media = Публикации
event-participants = участники: { $names }
event-joint = совместное мероприятие
event-place = место: { $place }
event-result = итог: { $text }
event-includes = в программе: { $names }
event-projects = представлены: { $names }
participants-of = { $who }: { $count }
period-unknown = дата не указана
exchange-results = итог: { $text }
case-for = для: { $name }
case-goods = предметы: { $goods }
case-where = где: { $places }
case-outcome = исход: { $text }

### Остальное

section-other-events = Другие события
section-assistance = Поддержка инвесторов и предприятий
section-media = Освещение в средствах массовой информации
section-plans = Планы
plans-year = Планы на { $year } год и далее
plans-open = Запланировано, сведений о выполнении нет
plans-projects = Планируемые проекты

### Приложения

annex-partnerships = Приложение 1. Реестр связей
annex-agreements = Приложение 2. Соглашения и другие документы
annex-exchanges = Приложение 3. Делегации по странам и направлениям
annex-findings = Приложение 4. Замечания к данным
findings-none = Замечаний нет.
exchanges-note = «Точно» — обмены, которые целиком лежат в { $year } году; «возможно» — те, чья дата известна не полностью. «Сообщено» — цифры, названные отделом.
column-partner = Партнёр
column-country = Страна
column-kind = Вид связи
column-stage = Состояние
column-since = С какого времени
column-title = Название
column-paper-kind = Вид
column-signed = Подписано
column-state = Состояние
column-term = Срок действия
column-direction = Направление
column-certain = Точно
column-possible = Возможно
column-reported = Сообщено
column-severity = Важность
column-finding = Замечание
column-evidence = Подробности
incoming = Принято
outgoing = Направлено
chart-exchanges = Делегации по странам и направлениям, { $year } год
severity = { $severity ->
    [error] ошибка
    [warning] предупреждение
   *[info] сведение
}
target = { $kind }, цель: { $target }

### Отчёт о соглашениях

section-concluded = Заключены в { $year } году
section-in-force = Действуют
section-lapsed = Утратили силу в { $year } году
section-signed = Подписаны, сведений о сроке действия нет
agreements-count = Заключено: { $concluded }; действует на конец года: { $in_force }; утратило силу: { $lapsed }.

### Справка о связи

section-tie = О связи
section-papers = Документы
section-activity = Обмены и события
section-letters = Переписка
section-joint = Проекты и поддержка
section-ahead = Впереди
tie-stage = Состояние: { $stage }.
tie-kind = Вид связи: { $kind }.
tie-parties = Стороны: { $names }.
tie-balance = Принято: { $incoming }, направлено: { $outgoing }; людей: { $people_in } и { $people_out }.
tie-last = Последнее событие: не позднее { $when }.
tie-engagement = Активность: { $engagement }.
anniversary = { $years ->
    [one] { $years } год
    [few] { $years } года
   *[other] { $years } лет
} — { $when }
tie-anniversaries = Ближайшие годовщины: { $dates }.
