"""Every family of facts in the county's register, each with values that stand in it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from scheduler.forums.models import (
    CadenceVersion,
    Forum,
    ForumInclusion,
    ForumKind,
    ForumName,
    ForumRelation,
    Rotation,
    StandingItem,
)
from scheduler.forums.seat_models import Seat
from scheduler.forums.seats import seat_holders
from scheduler.organisations.models import (
    Contact,
    Office,
    OfficeHolding,
    Organisation,
    OrganisationKind,
    OrganisationName,
    Person,
    Relation,
)
from scheduler.organisations.queries import organisations_for_list
from scheduler.places.models import Place
from scheduler.register.models import Activity, Source, Strategy, Theme, Vision
from scheduler.register.queries import (
    county_facts,
    facts_of,
    notices_on,
    provenance_of,
    search_statements,
    source_by_number,
    sources,
    statements_of,
    strategies,
    themes_tree,
)

TODAY = date(2026, 11, 22)


def forum(county, slug):
    return county.session.scalars(select(Forum).where(Forum.slug == slug)).one()


def organisation(county, slug):
    return county.session.scalars(select(Organisation).where(Organisation.slug == slug)).one()


def count(county, model):
    return county.session.scalar(select(func.count()).select_from(model))


def said(county, kind, row):
    """Path → value of the statements about a row."""
    return {f"{s.record}: {s.path}": s.value for s in statements_of(county.session, kind, row.id)}


def texts(county, kind, row, key):
    return [s.text for s in statements_of(county.session, kind, row.id) if s.key == key]


# ---------------------------------------------------------------- sources


def test_five_pages_are_sources_with_title_publisher_and_headings(county):
    assert [(s.number, s.title, s.publisher) for s in sources(county.session)] == [
        ("000", "Partnerskap och samverkan", "Länsstyrelsen i Norrbottens län"),
        ("001", "Om regional utveckling", "Region Norrbotten"),
        ("002", "Norrbotten i Stockholm", "Region Norrbotten"),
        ("003", "Skellefteregionen", "Skellefteå kommun"),
        ("004", "Kultur, näringsliv, samverkan", "Region Norrbotten"),
    ]
    assert source_by_number(county.session, "003").headings == [
        "Kontakta Skellefteå kommun",
        "Inflytande i Skellefteå kommun",
        "Läs mer om på vilka sätt du kan påverka din kommun här",
        "Skellefteregionen",
        "Aktuellt inom Skellefteregionen",
    ]


def test_a_record_of_two_pages_cites_both(county):
    run = forum(county, "run")
    assert provenance_of(county.session, "forum", run.id)[None].sources == ("001", "002", "004")


# ---------------------------------------------------------------- vocabulary


def test_kinds_of_organisations_and_forums_are_the_files(county):
    assert count(county, OrganisationKind) == 17
    assert count(county, ForumKind) == 17
    board = county.session.get(ForumKind, "gemensam_namnd")
    assert (board.sv, board.en, board.decides, board.quorum_rule) == (
        "Gemensam nämnd", "Joint board", True, "more_than_half",
    )  # fmt: skip
    assert county.session.get(ForumKind, "utstallning").meets is False


def test_a_kind_keeps_the_defaults_the_file_is_silent_on(county):
    board = county.session.get(ForumKind, "namnd")
    assert (board.notice_n, board.notice_unit, board.requires_quorum) == (5, "working_days", True)


def test_an_assumed_kind_is_marked(county):
    assert provenance_of(county.session, "organisation_kind", "larosate")[None].assumed is True
    assert provenance_of(county.session, "organisation_kind", "region") == {}
    assert provenance_of(county.session, "forum_kind", "rad")[None].sources == ("004",)


def test_every_role_is_an_office(county):
    offices = {office.slug: office for office in county.session.scalars(select(Office))}
    assert len(offices) == 14
    assert offices["landshovding"].organisation.name == "Länsstyrelsen i Norrbottens län"
    assert (offices["lansledning"].group, offices["landshovding"].group) == (True, False)
    assert offices["danskonsulent"].on_behalf_of.slug == "region-norrbotten"
    assert offices["ordforande"].organisation is None
    assert provenance_of(county.session, "office", offices["vice-ordforande"].id)[None].assumed is True
    assert texts(county, "office", offices["danskonsulent"], "target_groups") == [
        "barn och unga", "yrkesverksamma inom dansområdet",
    ]  # fmt: skip


# ---------------------------------------------------------------- strategies and themes


def test_the_strategy_has_owner_horizon_vision_and_four_focus_areas(county):
    rus = next(s for s in strategies(county.session) if s.slug == "rus2030")
    assert (rus.sv, rus.en, rus.horizon, rus.owner.slug) == (
        "Regionala utvecklingsstrategin 2030", "Regional Development Strategy 2030", 2030, "region-norrbotten",
    )  # fmt: skip
    assert rus.text == "Strategin är vårt gemensamma verktyg för att skapa det Norrbotten vi vill ha"
    assert [area.slug for area in rus.focus_areas] == ["livsmiljo", "transport", "kompetens", "innovation"]
    assert [len(area.issues) for area in rus.focus_areas] == [5, 4, 1, 2]
    assert rus.focus_areas[1].issues[2].sv == "Dubbelspår på Malmbanan"
    assert [vision.sv for vision in rus.visions] == ["Norrbotten ska bli Sveriges mest välkomnande och nytänkande län"]


def test_what_the_strategy_says_beside_its_columns_is_stated(county):
    rus = county.session.scalars(select(Strategy).where(Strategy.slug == "rus2030")).one()
    assert texts(county, "strategy", rus, "chapters") == ["Vision", "Nuläge", "Insatsområden", "Genomförande"]
    assert texts(county, "strategy", rus, "perspectives") == ["hållbarhet", "jämställdhet", "jämlikhet", "mångfald"]
    goals = {
        s.path: s.value for s in statements_of(county.session, "strategy", rus.id) if s.key == "goals_per_focus_area"
    }
    assert goals == {
        "goals_per_focus_area/exist": True,
        "goals_per_focus_area/texts": None,
        "goals_per_focus_area/phrase": "Till varje insatsområde finns mål som ska bidra till att nå visionen",
    }


def test_a_vision_whose_strategy_is_assumed_says_so(county):
    vision = county.session.scalars(select(Vision).where(Vision.slug == "v-expo")).one()
    assert vision.strategy.slug == "s3"
    assert provenance_of(county.session, "vision", vision.id)["strategy_id"].assumed is True


def test_programmes_are_strategies_of_their_own_kind(county):
    programmes = {s.slug: s for s in strategies(county.session) if s.kind == "programme"}
    assert set(programmes) == {
        "samverkansmodellen", "strukturfondsprogrammet", "socialfondsprogrammet", "interreg-iva-nord",
    }  # fmt: skip
    assert said(county, "strategy", programmes["samverkansmodellen"]) == {
        "programmes/samverkansmodellen: managed_by": "ru-kultur-avd",
        "programmes/samverkansmodellen: note": "nationella medel fördelas via Region Norrbotten",
    }
    origin = provenance_of(county.session, "strategy", programmes["strukturfondsprogrammet"].id)[None]
    assert origin.phrase == "de regionala strukturfondsprogrammet"


def test_a_theme_stands_under_a_theme_a_focus_area_or_a_strategy(county):
    themes = {theme.slug: theme for theme in county.session.scalars(select(Theme))}
    assert len(themes) == 35
    assert themes["dans"].parent.slug == "kultur"
    tree = {node.theme.slug: node for node in themes_tree(county.session)}
    assert [child.theme.sv for child in tree["kultur"].children] == [
        "Bibliotek", "Bild- och formkonst", "Dans", "Film", "Hemslöjd", "Litteratur", "Museum", "Musik", "Teater",
    ]  # fmt: skip
    assert (tree["kultur"].under.slug, tree["livsmiljoer"].under.slug) == ("kulturplan", "livsmiljo")
    assert (tree["hr"].under, tree["hr"].children) == (None, [])
    assert provenance_of(county.session, "theme", themes["konst"].id)[None].phrase == "bild och formkonst"


# ---------------------------------------------------------------- places


def test_venues_are_places(county):
    places = {place.slug: place for place in county.session.scalars(select(Place))}
    assert len(places) == 8
    house = places["regionhuset"]
    assert (house.name, house.name_en, house.address, house.town) == (
        "Regionhuset", "The Region building", "Robertsviksgatan 7", "Luleå",
    )  # fmt: skip
    assert places["galleri-foajen"].part_of is house
    assert places["stadshuset-skelleftea"].hours == "Vardagar 07.00-17.30"
    assert places["digitalt"].online is True
    assert texts(county, "place", places["galleri-foajen"], "note") == ["Regionhusets entré"]


def test_a_venue_with_an_assumed_town_keeps_its_words(county):
    place = county.session.scalars(select(Place).where(Place.slug == "lansstyrelsen")).one()
    origins = provenance_of(county.session, "place", place.id)
    assert origins["town"].assumed is True
    assert origins[None].phrase == "vid länsstyrelsen"


# ---------------------------------------------------------------- organisations


def test_all_organisations_are_there(county):
    assert count(county, Organisation) == 75
    by_kind = dict(
        county.session.execute(select(Organisation.kind_id, func.count()).group_by(Organisation.kind_id)).all()
    )
    assert (by_kind["kommun"], by_kind["region"], by_kind["grupp"]) == (19, 4, 6)


def test_an_organisation_has_its_columns(county):
    region = organisation(county, "region-norrbotten")
    assert (region.county, region.municipality, region.domain, region.web, region.phone) == (
        "BD", "Luleå", "norrbotten.se", "utvecklanorrbotten.se", "0920-28 40 00",
    )  # fmt: skip
    assert texts(county, "organisation", region, "phone") == ["växel"]
    assert organisation(county, "skelleftea").code == "2482"
    filmpool = organisation(county, "filmpool-nord")
    assert (filmpool.legal_form, filmpool.note[:20]) == ("aktiebolag", "Sveriges näst störst")
    centre = organisation(county, "rc-litteratur")
    assert (centre.valid_from_on, centre.valid_from_precision) == (date(2015, 8, 1), "month")


def test_an_organisation_has_names_in_other_languages_and_aliases(county):
    rows = county.session.scalars(
        select(OrganisationName).where(OrganisationName.organisation_id == organisation(county, "gallivare").id)
    )
    assert {row.language: row.name for row in rows} == {
        "en": "Gällivare municipality", "fi": "Jällivaara", "fit": "Jellivaara", "se": "Jiellevárri", "smj": "Váhtjer",
    }  # fmt: skip
    aliases = county.session.scalars(select(OrganisationName.name).where(OrganisationName.language.is_(None)))
    assert set(aliases) == {"Länsstyrelsen Norrbotten", "Norrbottens kommuner", "Stockholmskontoret", "Arjeplog kommun"}


@pytest.mark.parametrize(
    ("typed", "slugs"),
    [
        ("ajtte", ["ajtte"]),
        ("ÁJTTE", ["ajtte"]),
        ("samediggi", ["sametinget"]),
        ("stockholmskontoret", ["stockholmskontoret"]),
        ("julevu", ["lulea"]),
    ],
)
def test_an_organisation_is_found_however_it_is_typed(county, typed, slugs):
    assert [o.slug for o in organisations_for_list(county.session, text=typed)] == slugs


def test_municipalities_stand_in_swedish_order(county):
    names = [o.name for o in organisations_for_list(county.session, kind_id="kommun")]
    assert names[:2] == ["Arjeplogs kommun", "Arvidsjaurs kommun"]
    assert names[-3:] == ["Älvsbyns kommun", "Överkalix kommun", "Övertorneå kommun"]


def test_an_assumed_organisation_and_an_assumed_column_are_told_apart(county):
    boden = provenance_of(county.session, "organisation", organisation(county, "boden").id)
    assert set(boden) == {None}
    assert boden[None].assumed is True
    arjeplog = provenance_of(county.session, "organisation", organisation(county, "arjeplog").id)
    assert arjeplog[None].assumed is False
    assert {column for column, origin in arjeplog.items() if origin.assumed} == {"name", "code", "county", "names"}


def test_relations_of_organisations(county):
    def shown(relation):
        giver = relation.from_organisation.slug if relation.from_organisation else relation.from_text
        taker = relation.to_organisation.slug if relation.to_organisation else relation.to_text
        return giver, relation.kind, taker

    rows = {shown(relation): relation for relation in county.session.scalars(select(Relation))}
    assert set(rows) == {
        ("regionfullmaktige", "part_of", "region-norrbotten"),
        ("ru-kultur-avd", "part_of", "region-norrbotten"),
        ("regionbibliotek", "part_of", "region-norrbotten"),
        ("norrbottens-museum", "part_of", "region-norrbotten"),
        ("museibiblioteket", "part_of", "arkivcentrum"),
        ("rc-konst", "part_of", "region-norrbotten"),
        ("norrbottensmusiken", "part_of", "region-norrbotten"),
        ("ltu", "operates", "medbibl"),
        ("medbibl", "on_behalf_of", "region-norrbotten"),
        ("sametinget", "operates", "samernas-bibliotek"),
        ("region-norrbotten", "finances", "rc-litteratur"),
        ("kulturradet", "finances", "rc-litteratur"),
        ("regeringen", "mandates", "region-norrbotten"),
        ("region-norrbotten", "owns", "filmpool-nord"),
        ("tolv av länets kommuner", "owns", "filmpool-nord"),
        ("tillvaxtverket", "manages", "regionala strukturfonden (Eruf)"),
        ("esf-radet", "manages", "sociala fonden (ESF)"),
        ("region-norrbotten", "supports", "tornedalsteatern"),
        ("region-norrbotten", "supports", "giron-teahter"),
        ("region-norrbotten", "supports", "fria-teatrar"),
        ("region-norrbotten", "owns", "flera bolag"),
    }
    twelve = rows["tolv av länets kommuner", "owns", "filmpool-nord"]
    assert (twelve.count, twelve.of_count, twelve.named) == (12, 14, [])
    assert rows["region-norrbotten", "owns", "flera bolag"].named == ["filmpool-nord"]
    part_of = rows["rc-konst", "part_of", "region-norrbotten"]
    assert provenance_of(county.session, "relation", part_of.id)[None].assumed is True


def test_facts_of_an_organisation_without_a_column_are_stated(county):
    assert said(county, "organisation", organisation(county, "folkbibliotek")) == {
        "organisations/folkbibliotek: unit_count": 39
    }
    assert said(county, "organisation", organisation(county, "fria-teatrar")) == {
        "organisations/fria-teatrar: open_list": True
    }
    assert texts(county, "organisation", organisation(county, "ltu"), "places") == ["Luleå", "Piteå", "Skellefteå"]
    assert texts(county, "organisation", organisation(county, "skelleftea"), "phone_hours") == [
        "Vardagar 07.00-17.00. Dag före röd dag stänger vi kl. 16"
    ]
    assert said(county, "organisation", organisation(county, "region-norrbotten")) == {
        "newsletters/utveckla-norrbotten: sv": "Utveckla Norrbotten",
        "newsletters/utveckla-norrbotten: org": "region-norrbotten",
        "organisations/region-norrbotten: mandate_sv":
            "Regeringens uppdrag att samordna det regionala utvecklingsarbetet för en hållbar tillväxt i länet",
        "organisations/region-norrbotten: phone/kind": "växel",
    }  # fmt: skip


def test_contacts_are_no_persons_and_get_no_mail(county):
    contacts = {contact.slug: contact for contact in county.session.scalars(select(Contact))}
    dan = contacts["dan-wergelius"]
    assert (dan.name, dan.title, dan.email, dan.phone, dan.phone_e164, dan.public) == (
        "Dan Wergelius", "strateg externa relationer", "dan.wergelius@norrbotten.se", "076-115 17 27",
        "+46761151727", True,
    )  # fmt: skip
    assert (dan.office.slug, dan.contact_for) == ("strateg-ext", ["stockholmskontoret"])
    janus = contacts["janus-brandin"]
    assert (janus.phone_kind, janus.email) == ("växel", None)
    assert provenance_of(county.session, "contact", janus.id)["contact_for"].assumed is True
    assert (count(county, Person), count(county, OfficeHolding)) == (0, 0)


def test_a_credit_is_told_of_the_page_that_gives_it(county):
    page = county.session.scalars(select(Source).where(Source.number == "001")).one()
    assert said(county, "source", page) == {
        "credits/pär-bäckström: name": "Pär Bäckström",
        "credits/pär-bäckström: as": "foto",
    }


# ---------------------------------------------------------------- forums


def test_sixteen_forums_and_the_fifteen_working_groups(county):
    forums = county.session.scalars(select(Forum)).all()
    assert len([f for f in forums if f.parent_id is None]) == 16
    groups = [f for f in forums if f.parent_id is not None]
    assert len(groups) == 15
    assert {(g.kind_id, g.parent.slug) for g in groups} == {("arbetsgrupp", "skellefteregionen")}
    assert sorted(g.name for g in groups if not g.name_missing) == [
        "Budget- och skuldrådgivning", "Konsumentrådgivning", "Personalfortbildning", "Upphandling",
    ]  # fmt: skip
    assert provenance_of(county.session, "forum", forum(county, "ag-05").id)[None].assumed is True
    assert provenance_of(county.session, "forum", forum(county, "ag-upphandling").id)[None].sources == ("003",)
    assert {
        path: value
        for path, value in said(county, "forum", forum(county, "skellefteregionen")).items()
        if "working" in path
    } == {"working_groups: total": 15, "working_groups: phrase": "totalt 15 arbetsgrupper inom olika områden"}


def test_a_forum_has_its_columns(county):
    talks = forum(county, "samtal-residenset")
    assert (talks.name, talks.kind_id, talks.host.slug, talks.secretariat.slug) == (
        "Samtal på residenset", "samtal", "lst-norrbotten", "lst-norrbotten",
    )  # fmt: skip
    assert (talks.lead_office.slug, talks.lead_relation) == ("landshovding", "leads")
    assert (talks.default_place.slug, talks.invitees_per_meeting) == ("residenset", True)
    assert talks.purpose == "Samtal kring dagsaktuella och strategiska frågor för länet."
    assert [theme.slug for theme in talks.themes] == ["dagsaktuellt", "strategiskt"]
    assert talks.membership_note.startswith("Tematiska: olika representanter")
    assert talks.tracked_from_on == TODAY
    assert talks.time_zone == "Europe/Stockholm"
    assert said(county, "forum", talks) == {
        "forums/samtal-residenset: cadence/also_phrase": "träffar regelbundet",
        "forums/samtal-residenset: thematic": True,
    }


def test_a_forum_with_a_short_name_and_a_start_of_reduced_precision(county):
    network = forum(county, "kommunal-regionrad")
    assert (network.short_name, network.valid_from_on, network.valid_from_precision) == (
        "Kommunal- och regionrådsnätverket", date(1990, 1, 1), "decade",
    )  # fmt: skip
    origins = provenance_of(county.session, "forum", network.id)
    assert origins["short_name"].assumed is True
    assert origins["secretariat_id"].assumed is True
    assert origins["valid_from_on"].phrase == "har funnits sedan 90-talet"


def test_a_forum_without_name_in_the_source_says_so(county):
    assert forum(county, "partnerskapet").name_missing is True
    assert forum(county, "run").name_missing is False


def test_a_forum_that_stands_for_a_family(county):
    family = forum(county, "lh-ytterligare")
    assert (family.family_count, family.lead_relation) == (20, "takes_part")
    origins = provenance_of(county.session, "forum", family.id)
    assert origins["family_count"].phrase == "ytterligare ett 20-tal partnerskap, delegationer och nätverk"
    assert origins["lead_relation"].phrase == "leder eller deltar"
    assert texts(county, "forum", family, "placeholder_family") == ["Partnerskap", "Delegation", "Nätverk"]


def test_every_cadence_is_the_sources(county):
    rows = {
        row.forum.slug: (row.kind, row.min, row.max, row.target, row.period, row.approximate, row.phrase)
        for row in county.session.scalars(select(CadenceVersion))
    }
    assert len(rows) == 16
    countable = {slug: row for slug, row in rows.items() if row[0] != "none"}
    assert countable == {
        "partnerskapet": ("count", 4, 5, None, "year", False, "träffas 4-5 gånger per år"),
        "kommunal-regionrad": ("count", 4, 5, None, "year", False, "hålls 4-5 gånger år vid länsstyrelsen"),
        "statliga-myndigheter": ("count", 2, 3, None, "year", True, "träffas ett par gånger per år"),
        "samtal-residenset": ("count", 4, None, 5, "year", False, "genomförs minst 4-5 gånger per år"),
        "regionalt-forum": ("count", 4, 5, None, "year", False, "kommer att träffas fyra till fem gånger per år"),
    }
    assert rows["run"] == ("none", None, None, None, None, False, None)


def test_an_assumed_reading_of_a_cadence_is_marked(county):
    row = forum(county, "statliga-myndigheter").cadences[0]
    origins = provenance_of(county.session, "cadence_version", row.id)
    assert (origins["min"].assumed, origins["max"].assumed, origins[None].sources) == (True, True, ("000",))


def test_regionalt_forum_has_24_seats_thirteen_of_them_the_preparatory_committees(county):
    regional, growth = forum(county, "regionalt-forum"), forum(county, "tillvaxtberedningen")
    seats = seat_holders(county.session, [regional.id], TODAY)[regional.id]
    assert len(seats) == 24
    own = [seat for seat in seats if seat.via_forum_id is None]
    assert [seat.organisation_name for seat in own] == [
        "Arbetsförmedlingen Region Nord", "Företagarna Norrbotten", "LO-distriktet i Norra Sverige",
        "Luleå tekniska universitet", "Länsstyrelsen i Norrbottens län", "Norrbottens bildningsförbund",
        "Norrbottens Handelskammare", "SACO Norrbotten", "Sametinget", "TCO Norrbotten", "Trafikverket Region Nord",
    ]  # fmt: skip
    assert {seat.offer for seat in own} == {"offered"}
    assert {(seat.via_forum_id, seat.kind) for seat in seats if seat.via_forum_id} == {(growth.id, "ordinary")}
    inclusion = county.session.scalars(select(ForumInclusion)).one()
    assert inclusion.note == "6 från Norrbottens Kommuner + 7 från Region Norrbotten"
    assert provenance_of(county.session, "seat", own[0].seat_id)[None].assumed is True
    assert said(county, "forum", regional) == {
        "forums/regionalt-forum: seats/tillvaxtberedningen/ordinary": 13,
        "forums/regionalt-forum: seats_assumed":
            "one seat per offered organisation is assumed; the seed says 'erbjuds plats'",
    }  # fmt: skip


def test_the_standing_item_names_its_strategy(county):
    item = county.session.scalars(select(StandingItem)).one()
    assert (item.title, item.strategy.slug) == (
        "Arbetet med den regionala utvecklingsstrategin för Norrbotten", "rus2030",
    )  # fmt: skip
    assert forum(county, "regionalt-forum").contact.slug == "janus-brandin"


def seats_of(county, slug):
    """(kind, whose, how many, number unknown) of a forum's seats."""
    rows = county.session.scalars(select(Seat).where(Seat.forum_id == forum(county, slug).id).order_by(Seat.position))
    found = {}
    for row in rows:
        whose = [part.slug for part in (row.organisation, row.office) if part] + [
            text for text in (row.each_of, row.holder_text) if text
        ]
        key = (row.kind, *dict.fromkeys(whose), row.number_unknown)
        found[key] = found.get(key, 0) + 1
    return found


def test_seats_of_each_shape(county):
    assert seats_of(county, "tillvaxtberedningen") == {
        ("ordinary", "norrbottens-kommuner", False): 6,
        ("substitute", "norrbottens-kommuner", False): 6,
        ("ordinary", "region-norrbotten", False): 7,
        ("substitute", "region-norrbotten", False): 7,
    }
    assert seats_of(county, "kommunal-regionrad") == {
        ("ordinary", "lst-norrbotten", "lansledning", True): 1,
        ("ordinary", "region-norrbotten", "regionrad", True): 1,
        ("ordinary", "kommunalrad", "kommun, county BD", True): 1,
    }
    assert seats_of(county, "statliga-myndigheter") == {
        ("ordinary", "lst-norrbotten", "lansledning", True): 1,
        ("ordinary", "myndighet active in BD", True): 1,
        ("ordinary", "af-nord", False): 1,
        ("ordinary", "trafikverket-nord", False): 1,
    }
    assert seats_of(county, "run") == {
        ("ordinary", "utses av Regionfullmäktige", True): 1,
        ("substitute", "utses av Regionfullmäktige", True): 1,
    }
    assert seats_of(county, "dansradet") == {
        ("ordinary", "dans-i-nord", True): 1,
        ("ordinary", "danskonsulent", False): 1,
        ("ordinary", "riksteatern-bd", True): 1,
    }
    assert seats_of(county, "stockholmskontorets-samverkan") == {
        ("owner", "region-norrbotten", False): 1,
        ("owner", "region-vasterbotten", False): 1,
        ("owner", "region-jh", False): 1,
        ("owner", "region-vasternorrland", False): 1,
        ("financier", "foretagarna-ac", False): 1,
        ("financier", "skelleftea-kraft", False): 1,
        ("financier", "umea", False): 1,
        ("financier", "skelleftea", False): 1,
    }
    assert seats_of(county, "partnerskapet") == {}


def test_owners_have_no_vote_and_assumed_substitutes_are_marked(county):
    kinds = county.session.execute(select(Seat.kind, Seat.voting).distinct()).all()
    assert {tuple(kind) for kind in kinds} == {
        ("ordinary", True), ("substitute", True), ("owner", False), ("financier", False),
    }  # fmt: skip
    growth = forum(county, "tillvaxtberedningen")
    assumed = {
        seat.kind
        for seat in county.session.scalars(select(Seat).where(Seat.forum_id == growth.id))
        if provenance_of(county.session, "seat", seat.id)
    }
    assert assumed == {"substitute"}


def test_chair_and_secretariat_rotate_between_two_organisations(county):
    growth = forum(county, "tillvaxtberedningen")
    rotations = {
        row.task: row for row in county.session.scalars(select(Rotation).where(Rotation.forum_id == growth.id))
    }
    assert set(rotations) == {"chair", "secretariat"}
    for row in rotations.values():
        assert [entry.organisation.slug for entry in row.entries] == ["region-norrbotten", "norrbottens-kommuner"]
        assert (row.every, row.unit) == (1, "year")
        assert provenance_of(county.session, "rotation", row.id)["every"].assumed is True
    assert rotations["chair"].phrase == "Ordförandeskapet och sekretariatet är roterande."
    assert (growth.lead_office.slug, growth.secretariat_id) == ("ordforande", None)
    assert [o.slug for o in growth.principals] == ["region-norrbotten", "norrbottens-kommuner"]
    assert growth.requires_quorum is True
    assert provenance_of(county.session, "forum", growth.id)["requires_quorum"].assumed is True


def test_relations_of_forums(county):
    def target(row):
        there = row.to_forum or row.to_organisation
        return there.slug if there else row.to_text

    rows = county.session.scalars(select(ForumRelation)).all()
    slugs = {f.id: f.slug for f in county.session.scalars(select(Forum))}
    assert sorted((slugs[row.forum_id], row.kind, target(row)) for row in rows) == [
        ("hr-natverket", "subset_of", "statliga-myndigheter"),
        ("mbn-mala-norsjo", "within", "skellefteregionen"),
        ("run", "appointed_by", "regionfullmaktige"),
        ("skellefteregionen", "responsible", "Kommunstyrelsen (Skellefteå kommun)"),
        ("strukturfondspartnerskapet", "family", "ett av åtta partnerskap i Sverige"),
        ("tillvaxtberedningen", "positions_feed", "interreg-styrkommitte"),
        ("tillvaxtberedningen", "positions_feed", "region-norrbotten"),
        ("tillvaxtberedningen", "positions_feed", "strukturfondspartnerskapet"),
    ]


def test_the_structural_funds_partnership_tells_its_process(county):
    groups = {
        group.word: group for group in facts_of(county.session, "forum", forum(county, "strukturfondspartnerskapet").id)
    }
    steps = [[(fact.word, fact.text) for fact in item] for item in groups["Så går det till"].items]
    assert steps == [
        [("Steg", "1"), ("Av", "Tillväxtverket"), ("Av", "ESF-rådet"),
         ("", "Tar emot ansökningar om EU-medel och gör en laglighetsprövning")],
        [("Steg", "2"), ("Av", "Region Norrbotten"), ("Av", "Region Västerbotten"),
         ("", "Kan delfinansiera projekt samt yttrar sig över samtliga projekt")],
        [("Steg", "3"), ("Av", "Strukturfondspartnerskapet för Övre Norrland"), ("", "Lämnar bindande prioriteringar")],
        [("Steg", "4"), ("Av", "Tillväxtverket"), ("Av", "ESF-rådet"),
         ("", "Fattar de formella besluten i enlighet med prioriteringen")],
    ]  # fmt: skip
    assert groups["Så går det till"].sources == ("004",)
    assert [fact.text for fact in groups["Omfattning"].items[0]] == ["BD", "AC", "Norrbottens och Västerbottens län"]
    assert [fact.text for item in groups["Ett av flera"].items for fact in item] == ["8"]


def test_tasks_results_and_languages_are_stated(county):
    office = forum(county, "stockholmskontorets-samverkan")
    groups = {group.word: group for group in facts_of(county.session, "forum", office.id)}
    assert [item[0].text for item in groups["Uppgifter"].items] == [
        "Intressebevakning", "Företrädarskap", "Påverkansarbete", "Rådgivning",
    ]  # fmt: skip
    assert [item[1].missing for item in groups["Uppgifter"].items] == [False, False, False, True]
    assert len(groups["Förväntade resultat"].items) == 5
    assert [item[0].text for item in groups["Nivåer"].items] == ["national", "eu"]
    interreg = facts_of(county.session, "forum", forum(county, "interreg-styrkommitte").id)
    assert {group.word: [(fact.text, fact.assumed) for item in group.items for fact in item] for group in interreg} == {
        "Länder": [("SE", True), ("FI", True), ("NO", True)],
        "Språk": [("sv", True), ("fi", True), ("nb", True), ("en", True)],
    }


def test_skellefteregionen_tells_its_history_and_what_is_current(county):
    region = forum(county, "skellefteregionen")
    assert (
        texts(county, "forum", region, "current")[3]
        == "Pilotkommun för serviceutveckling (extern webbplats, nytt fönster)"
    )
    assert texts(county, "forum", region, "reviewed") == ["7 september 2016"]
    assert [value for path, value in said(county, "forum", region).items() if "joined" in path] == [
        "later", "Ett resultat av förstudien", "later", "Ett resultat av förstudien",
    ]  # fmt: skip
    assert [text for text in texts(county, "forum", region, "seats") if "förstudien" in text] == [
        "Sorsele kommun: Ett resultat av förstudien",
        "Arjeplogs kommun: Ett resultat av förstudien",
    ]


def test_forum_names_in_english(county):
    names = county.session.scalars(select(ForumName).where(ForumName.forum_id == forum(county, "regionalt-forum").id))
    assert [(row.language, row.name) for row in names] == [("en", "Regional Forum")]


def test_a_decision_is_told_of_the_forum_that_took_it(county):
    run = forum(county, "run")
    assert {path: value for path, value in said(county, "forum", run).items() if path.startswith("decisions")} == {
        "decisions/paverkan-2021-12: sv": "Regionens påverkansfrågor",
        "decisions/paverkan-2021-12: body": "run",
        "decisions/paverkan-2021-12: date": "2021-12",
        "decisions/paverkan-2021-12: date_precision": "month",
        "decisions/paverkan-2021-12: refers_to": "the 12 issues under rus2030.focus_areas",
    }
    assert texts(county, "forum", run, "date") == ["december 2021"]


# ---------------------------------------------------------------- the rest


def test_the_exhibitions_are_an_activity_not_meetings(county):
    activity = county.session.scalars(select(Activity)).one()
    assert (activity.sv, activity.kind, activity.organisation.slug, activity.themes) == (
        "Utställningar i Galleri Foajén", "utstallning", "rc-konst", ["konst"],
    )  # fmt: skip
    assert (activity.since_on, activity.since_precision) == (date(2019, 1, 1), "year")
    assert activity.cadence == {"kind": "count", "min": 8, "max": 8, "period": "year"}
    assert activity.phrase == "de åtta årliga utställningar"
    assert county.session.get(Place, activity.place_id).slug == "galleri-foajen"


def test_the_notice_is_shown_with_its_organisation(county):
    (notice,) = notices_on(county.session, TODAY)
    assert (notice.kind, notice.organisation.slug) == ("warning", "smhi")
    assert notice.text.startswith("Just nu är det flera varningsmeddelanden i länet.")


def test_the_countys_own_facts_laws_words_and_libraries(county):
    facts = [
        (group.word, [fact.text for item in group.items for fact in item]) for group in county_facts(county.session)
    ]
    assert ("Ungefärligt antal", ["100"]) in facts
    assert ("Uppgift", ["Ett flertal leds av landshövdingen"]) in facts
    assert ("Uppgift", ["möjligheten att lämna in ett medborgarförslag", "lämna synpunkter direkt"]) in facts
    assert ("Författning", ["2013:801"]) in facts
    assert ("Definition", [""]) in facts
    assert ("Lista", [
        "folkbibliotek", "universitetsbibliotek", "bokbussar", "skolbibliotek", "specialbibliotek",
        "digitala bibliotek",
    ]) in facts  # fmt: skip
    assert ("Registrets titel", ["Forum och nätverk i Norrbotten", "Forums and networks in Norrbotten"]) in facts


@pytest.mark.parametrize(
    ("typed", "records"),
    [
        ("laglighetsprövning", ["forums/strukturfondspartnerskapet"]),
        ("LAGLIGHETSPROVNING", ["forums/strukturfondspartnerskapet"]),
        ("skolbibliotek", ["laws/skollagen", "library_types"]),
        ("medborgarförslag", ["facts/participation"]),
        ("", []),
        ("finns inte i något register", []),
    ],
)
def test_statements_are_found_however_they_are_typed(county, typed, records):
    assert [row.record for row in search_statements(county.session, typed)] == records


def test_a_search_leaves_out_forums_the_reader_may_not_see(county):
    seen = search_statements(county.session, "bindande", forum_ids=[forum(county, "run").id])
    assert seen == []
    mine = forum(county, "strukturfondspartnerskapet").id
    assert len(search_statements(county.session, "bindande", forum_ids=[mine])) == 2


def test_the_report_counts_what_is_new(county):
    lines = county.report.lines()
    assert lines[0] == f"norrbotten.yaml: {len(county.report.created)} nya poster, 0 ändrade uppgifter."
    assert "  Forum: 31" in lines
    assert "  Platser: 66" in lines
    assert (county.report.kept_by_hand, county.report.gone, county.report.unknown) == ([], [], [])
    assert len(county.report.touched_ids("forum")) == 31
