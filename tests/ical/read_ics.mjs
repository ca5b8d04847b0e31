// Reads a calendar on standard input with ical.js, prints its events as JSON for tests/ical_clients.py.
// Instants are written in UTC, days as they are; a time without a zone is an error.
import { readFileSync } from "node:fs";
import ICAL from "./vendor/ical.mjs";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));

function when(component, name) {
  const time = component.getFirstPropertyValue(name);
  if (time === null) return null;
  if (time.isDate) return time.toString();
  if (time.zone === ICAL.Timezone.localTimezone) throw new Error(`${name} is floating`);
  return new Date(time.toUnixTime() * 1000).toISOString();
}

const text = (component, name) => component.getFirstPropertyValue(name);

const events = calendar.getAllSubcomponents("vevent").map((event) => ({
  uid: text(event, "uid"),
  summary: text(event, "summary"),
  description: text(event, "description"),
  location: text(event, "location"),
  status: text(event, "status"),
  transparent: text(event, "transp") === "TRANSPARENT",
  sequence: text(event, "sequence"),
  revised: when(event, "dtstamp"),
  start: when(event, "dtstart"),
  end: when(event, "dtend"),
  url: text(event, "url"),
  conference: text(event, "conference"),
  categories: event.getAllProperties("categories").flatMap((property) => property.getValues()),
  geo: event.hasProperty("geo") ? text(event, "geo").map(Number) : null,
  organizer: event.hasProperty("organizer")
    ? [event.getFirstProperty("organizer").getParameter("cn"), text(event, "organizer").replace(/^mailto:/, "")]
    : null,
  alarms: event.getAllSubcomponents("valarm").map((alarm) => text(alarm, "trigger").toSeconds() / 60),
  names: event.getAllProperties().map((property) => property.name.toUpperCase()).sort(),
}));

process.stdout.write(JSON.stringify(events));
