"""Forms of signing in: an address, a code."""

from __future__ import annotations

from wtforms import HiddenField, StringField

from scheduler.i18n import lazy
from scheduler.web.fields import PageForm


class AddressForm(PageForm):
    """Where the link goes, and where one wanted to be."""

    email = StringField(lazy("E-postadress"), description=lazy("Den adress du får kallelser till"))
    next = HiddenField()


class CodeForm(PageForm):
    """The code of a mail, and the link it stands beside when that was opened in this browser."""

    code = StringField(lazy("Kod"), description=lazy("Åtta tecken ur brevet, till exempel KTRN-4827"))
    token = HiddenField()
