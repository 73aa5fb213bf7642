//! What the headings of a table of records mean: the name of a member, as exports have it, or words in Russian,
//! English, Chinese, Japanese and Korean. A proposal, which its owner can change.

use pobratim_domain::value::fold;

use crate::imports::records::member::Member;

/// Members by the words of their headings, those that say more first: the first of a member's names that the
/// collection has is meant.
const WORDS: &[(&[&str], &[&str])] = &[
    (
        &["headcount.total.value"],
        &[
            "численность",
            "количество участников",
            "число участников",
            "количество человек",
            "headcount",
            "participants",
            "number of people",
            "人数",
            "참가 인원",
            "인원",
        ],
    ),
    (
        &["signed_on"],
        &[
            "дата подписания",
            "подписан",
            "signed",
            "date of signing",
            "签署日期",
            "签订日期",
            "署名日",
            "締結日",
            "调印日",
            "調印日",
            "체결일",
            "서명일",
        ],
    ),
    (&["signing_place"], &["место подписания", "place of signing", "签署地", "署名地", "서명지"]),
    (&["audience"], &["категория участников", "аудитория", "состав", "audience", "who", "对象", "対象", "대상"]),
    (&["direction"], &["направление поездки", "направление", "direction", "方向", "방향"]),
    (&["origin"], &["откуда", "город отправления", "origin", "from", "出发地", "派出", "出発地", "출발지"]),
    (&["destination"], &["куда", "город назначения", "destination", "to", "目的地", "派遣先", "방문지", "목적지"]),
    (&["organizer"], &["организатор", "organizer", "主办", "主催", "주최"]),
    (&["host"], &["принимающая сторона", "host", "接待", "受入", "초청"]),
    (&["fields"], &["направления сотрудничества", "сферы", "сфера", "fields", "field", "领域", "分野", "분야"]),
    (&["population"], &["население", "population", "人口", "인구"]),
    (&["location.lat"], &["широта", "latitude", "纬度", "緯度", "위도"]),
    (&["location.lon"], &["долгота", "longitude", "经度", "経度", "경도"]),
    (&["country"], &["страна", "country", "国家", "国名", "국가"]),
    (&["website"], &["сайт", "website", "网站", "ウェブサイト", "웹사이트"]),
    (&["results", "evaluation"], &["результаты", "итоги", "results", "outcome", "成果", "结果", "結果", "결과"]),
    (&["purpose"], &["цель", "purpose", "目的", "목적"]),
    (
        &["title", "names"],
        &[
            "название",
            "наименование",
            "тема",
            "title",
            "name",
            "subject",
            "名称",
            "题目",
            "标题",
            "件名",
            "명칭",
            "제목",
        ],
    ),
    (
        &["period", "signed_on", "founded"],
        &[
            "дата",
            "период",
            "сроки",
            "date",
            "dates",
            "period",
            "when",
            "日期",
            "时间",
            "期間",
            "日程",
            "年月日",
            "기간",
            "날짜",
            "일자",
        ],
    ),
    (&["state", "status"], &["состояние", "статус", "state", "status", "状态", "状況", "상태"]),
    (&["kind"], &["вид", "тип", "kind", "type", "类型", "种类", "種別", "種類", "유형", "종류"]),
    (&["place"], &["место проведения", "место", "город", "place", "venue", "city", "地点", "开催地", "開催地", "장소"]),
    (&["partnership", "partnerships"], &["побратимство", "связь", "partnership", "友城", "提携", "결연"]),
    (&["agreement"], &["соглашение", "agreement", "协议", "協定", "협정"]),
    (&["notes"], &["примечание", "примечания", "notes", "remarks", "备注", "備考", "비고"]),
    (&["tags"], &["метки", "tags", "标签", "タグ", "태그"]),
];

/// Proposes what each column is; no two are the same.
pub(in crate::imports) fn propose(heading: &[String], members: &[Member]) -> Vec<Option<String>> {
    let has = |name: &str| members.iter().any(|member| member.name == name);
    let mut proposed: Vec<Option<String>> = vec![None; heading.len()];
    for (at, name) in heading.iter().enumerate() {
        if has(name.trim()) {
            proposed[at] = Some(name.trim().to_owned());
        }
    }
    for (names, words) in WORDS {
        let Some(name) = names.iter().find(|name| has(name)) else { continue };
        // What is called just so goes before what begins so.
        for is_whole in [true, false] {
            if proposed.iter().any(|known| known.as_deref() == Some(*name)) {
                break;
            }
            let fits = |text: &String| {
                let text = fold(text);
                words
                    .iter()
                    .map(|word| fold(word))
                    .any(|word| if is_whole { text == word } else { text.starts_with(&word) })
            };
            let free = (0..heading.len()).find(|at| proposed[*at].is_none() && fits(&heading[*at]));
            if let Some(at) = free {
                proposed[at] = Some((*name).to_owned());
            }
        }
    }
    proposed
}
