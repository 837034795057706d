"""The English of release notes, as regular expressions over sentences whose names are ⟦n⟧."""

# ruff: noqa: E501  (a pattern broken in the middle of a word is not readable)
from __future__ import annotations

import re

C = r"⟦\d+⟧"
KEYWORD_NOUN = (
    r"(?:keyword[- ]arguments?|keywords?|kwargs?|arguments?|args?|parameters?|params?|kwds?"
    r"|keyword-only arguments?)"
)
VALUE_NOUN = r"(?:values?|strings?|options?|choices?|modes?|flags?|settings?)"
MODULE_NOUN = r"(?:sub-?modules?|modules?|sub-?packages?|packages?|namespaces?|sub-?namespaces?)"
SYMBOL_NOUN = (
    r"(?:functions?|methods?|class(?:es)?|attributes?|propert(?:y|ies)|alias(?:es)?|constructors?"
    r"|helpers?|routines?|objects?|constants?|names?|decorators?|estimators?|accessors?|types?"
    r"|variables?|exceptions?|warnings?|ufuncs?|distributions?|members?|classmethods?|wrappers?"
    r"|transformers?|metrics?|generators?|symbols?|scalars?|descriptors?|apis?|arrays?|fields?"
    rf"|{MODULE_NOUN})"
)
NOUN = rf"(?:{KEYWORD_NOUN}|{SYMBOL_NOUN}|{VALUE_NOUN})"
DETERMINER = (
    r"(?:the|a|an|its|their|this|these|both|all|also|either|any|of the|each|corresponding"
    r"|following|respective|various|several|some|two|three|four|many)"
)
ADJECTIVE = (
    r"(?:old|older|deprecated|previously|previous|prior|earlier|original|already|long|now|private|public|undocumented|unused"
    r"|legacy|new|newer|optional|experimental|positional|obsolete|redundant|top-level|static"
    r"|main|builtin|built-in|existing|former|unnecessary|duplicate|equivalent|dedicated|python"
    r"|related|underlying|alternative|pending|misspell?ed|misspelt|scalar|type|deprecated-in-\S+|similar"
    r"|(?:more|most) \w+|general|standard|literal|single|named|called|python's|library)"
)
FILLER = rf"(?:(?:{DETERMINER}|{ADJECTIVE}|{NOUN})\s+)*"
SEPARATOR = (
    r"(?:\s*,\s*(?:and/or\s+|and\s+|or\s+|as well as\s+|&\s+)?"
    r"|\s+(?:and|or|as well as|plus|and/or|&|nor)\s+|\s*/\s*)"
)
GROUP = re.compile(rf"{C}(?:(?:\s+{NOUN})?{SEPARATOR}{FILLER}{C})*")

REMOVED = re.compile(
    r"\b(?:remov(?:ed?|al|als|es|ing)|rm|dropped|drops?|deleted?|delet(?:ion|es)|expired?|gone"
    r"|has finali[sz]ed|(?:been |is |now )?finali[sz]ed|no longer (?:be )?(?:available|exposed|accessible"
    r"|exists?|importable|present|provided|part of|exported|imported|supported|included|allowed|in the)"
    r"|no longer (?:allows?|supports?|permits?) (?:the |passing|us(?:e|ing|age)|giv|specify|set)"
    r"|(?:is|are) not (?:available|exposed|exported) any ?more|disappeared|purged?|eliminated|no longer (?:accepts?|takes?|receives?)"
    r"|(?:made|now|became|been|are|is) (?:made )?private|privati[sz]ed|mak(?:e|es|ing) [^.;]{1,80} private)\b",
    re.I,
)
FUTURE = re.compile(
    r"\b(?:(?:will|to|should|may|might|would|can|could|shall|going to|plan\w*(?: to)?|scheduled"
    r"|slated|candidates?) (?:\w+ ){0,3}?(?:be )?(?:remov\w+|dropped|deleted|expire\w*|gone)"
    r"|will (?:\w+ ){0,2}(?:disappear|go away)|(?:for|before|until|its|their|after|subject to"
    r"|pending|upcoming|eventual|of|future) (?:\w+ ){0,2}?removal|removal in|be removed)\b",
    re.I,
)
DEPRECATED = re.compile(
    r"\bdeprecat\w*|\bdiscouraged\b|\bpending(?:ly)? deprecat\w*|\bscheduled for removal\b"
    r"|\bobsolete[sd]?\b|\bwill be removed\b",
    re.I,
)
NOT_DEPRECATED = re.compile(
    r"(?:no longer|not|un-?|never) ?(?:be )?(?:deprecat\w+|remov(?:ed|ing))"
    r"|\b(?:inadvertent|accidental|mistaken)ly\b|\b(?:revert\w*|restor\w*|reinstat\w*|undo(?:ne|es|ing)?|re-?add(?:ed)?)\b|\bundeprecat",
    re.I,
)
RENAMED = re.compile(r"\brenam(?:ed?|es|ing)\b|\bspell(?:ed|ing)\b", re.I)
MOVED = re.compile(
    r"\b(?:move[ds]?|relocat\w+|moving(?! (?:\w+ )?(?:window|average|statistic|and expanding)))\b",
    re.I,
)
REPLACED = re.compile(
    r"\b(?:replac(?:ed?|es|ing)|supersed(?:ed|es|ing)|merged|merger of|subsumed)\b"
    r"|\b(?:must|should|ha(?:s|ve) to) (?:now )?be (?:passed|given|specified|set|provided)\b[^.;]{0,80}\binstead of\b",
    re.I,
)
POSITIONAL = re.compile(
    r"\bkeyword[- ]only\b|\bas keywords?\b|\bpositional(?:ly)?\b|\bby position\b", re.I
)
BY_POSITION = re.compile(r"\bpositional (?:use|arguments?|parameters?)\b|\bnow keyword-only", re.I)
"""What ends is the use by position, not the name."""
DEFAULT = re.compile(
    r"\bdefaults? (?:value |behaviou?r |argument |parameter )?(?:of|for|to|is|has|was|changed|now)"
    r"|\bnow defaults?\b|\bby default\b|\bdefault \w+ (?:changed|is now|has changed)",
    re.I,
)

_ENDS = {
    "new": (
        r"(?:please |can |should |must |then )?\b(?:use|(?<!when )using|prefer\w*|consider|try|call|calling)"
        r"(?: either| instead| directly| rather)?"
        r"|\bfavou?r(?: of| to|ing)?|\bin favou?r of (?:[\w'-]+ ){1,5}?(?:in |of |from )?|\b(?:replaced?|superseded|replacement)"
        r"(?: it| them| this| these| calls?| all usages?)? (?:by|with)(?: the use of| using| calls to)?"
        r"|\brenam\w+(?: (?:and moved|it|them|from))? (?:to|as|into|simply)|→|->|=>|⇒"
        r"|\b(?:mov\w+|relocated)(?: \w+){0,3}? (?:to|into|under|in)|\bnow called|\b(?:merged|subsumed|folded|absorbed|incorporated|integrated)(?: in)?(?:to|with|in|by)?"
        r"|\bstandardi[sz]ed (?:to|on|as)"
        r"|\b(?:only |still |also |now |public )*(?:available|accessible|located|exposed|found|importable|"
        r"imported|accessed|lives?|reachable|defined|obtained|achieved|done|spelled|import)"
        r"(?: \w+)?(?: them| it)? (?:as|in|from|under|through|via|at|on|with|by|using|directly from)"
        r"|\b(?:switch\w*|migrat\w+|transition\w*|convert\w*|port\w*|updat\w+|chang\w+|mapped|refer|rely)"
        r"(?: \w+){0,3}? (?:to|on)"
        r"|\b(?:replacements?|alternatives?|equivalents?|way|successors?|counterparts?)"
        r"(?: \w+){0,3}? (?:is|are|being|would be|in|by)(?: to use| using| via)?"
        r"|\balias(?:es)?(?: \([^()]*\))? (?:of|for|to):?|\b(?:equivalent|identical|equal|synonym\w*) (?:of|to|for|with)"
        r"|\binstead,?(?: of this,?)?(?: use| call| you can use)?|\bvia|\bshould (?:now )?be|\bnow in"
        r"|(?:^|[(;,.] ?)(?:pass|set|specify|provide|access|see|instantiate|import|directly use)"
    ),
    "old": (
        r"\binstead of(?: using| calling)?|\brather than|\bin place of|\bas opposed to|\bmerger of"
        r"|\breplac(?:es|ing)|\breplacements? (?:for|of)|\balternatives? (?:for|to)"
        r"|\bdeprecat(?:ion|ions|es|ing|ed?)(?: warnings? (?:for|from|of|in))?(?: (?:of|for|on))?"
        r"|\bremov(?:e|ed|als?|es|ing)(?: of)?|\brenam(?:e|ed|es|ing)(?: of)?(?: from)?"
        r"|\b(?:replaced?|mov(?:e|ed|es|ing)|drop(?:s|ped|ping)?|delet(?:e[ds]?|ing|ion)(?: of)?)"
        r"|\b(?:expir(?:e|ed|es|ing)|disallow\w*|purged?|superseded|obsolet\w+)"
        r"|\b(?:use|usage|import\w*|calls?|access|references?)(?: of| to)|\baccessing|\bimporting|\b(?:the|any) (?:use|usage)"
        r"|\bif you (?:use|call|rely on)"
        r"|\b(?:deprecat\w+|remov\w+|drop\w*)(?: of| the)?(?: use of| usage of| access to)"
    ),
    "among": r"\b(?:such as|like|including|includes?|namely|especially|e\.g\.,?|i\.e\.,?|are|is|being)|[:–—(]",
    "of": (
        r"\b(?:of|in|from|to|for|on|with|by|into|at|within|under|inside|across|between|throughout"
        r"|out of|against|over|when calling|when using|accepted by|taken by|supported by)"
    ),
    "aside": (
        r"\b(?:when|if|because|where|unless|while|until|since|as|than|that|whether|see|which|"
        r"raises?|raised|raising|raise|returns?|returning|emits?|emit|issues?|gives?|produces?)"
    ),
}
LEFT = {name: re.compile(rf"(?:{pattern})\s*$", re.I) for name, pattern in _ENDS.items()}
"""What a name is to its sentence, by the words just before it (fillers taken off)."""

NEW_AFTER = re.compile(
    rf"^(?:'s)?(?:\s+{NOUN})*\s*(?:(?:should|can|may|must|could|will|is to|are to) (?:now |still |always "
    r"|preferably )?(?:instead )?be (?:used|preferred|called|passed|set)|(?:is|are) (?:now )?(?:the )?"
    r"(?:preferred|recommended|literal|proper|suggested|new|a drop-in|to be used)"
    r"|instead\b|(?:has|have) been (?:added|introduced)|(?:was|were) (?:added|introduced)"
    r"|(?:that |which )?(?:replaces?|supersedes?)\b|provides? (?:the same|equivalent|similar|an? ))",
    re.I,
)
GERUND = re.compile(
    r"^(?:\W*)(?:support|passing|calling|using|setting|specifying|providing|giving|supplying|"
    r"allowing|indexing|conver\w+|casting|compar\w+|construct\w+|creat\w+|assign\w+|the ability|"
    r"ability|the behaviou?r|the default|default|the option|inference|implicit\w*|automatic\w*|"
    r"comput\w+|the possibility|attempting|trying|supplying|omitting|not passing|not setting)\b",
    re.I,
)
TOPIC = re.compile(r"^[\s*_]{0,4}(?:\[[^\][\n]{1,40}\](?::|\*\*)?\s+)+(?=\S)")
"""What an item is filed under: "[`Whisper`] Remove …", "[BUG]: …"."""
SUPPORT = re.compile(r"^\W*(?:the )?support (?:for|of)\b", re.I)
OWNS = re.compile(
    rf"(?:'s)?\s+(?:{ADJECTIVE}\s+)*(?:attributes?|methods?|propert(?:y|ies)|functions?"
    rf"|{KEYWORD_NOUN})\s*[,:]?\s*",
    re.I,
)
"""Between the name of a class and the names of what it has."""
LOSES = re.compile(
    rf"\s*(?:{NOUN}\s+)?(?:(?:has|have|now|also|officially|no longer)\s+)*(?:dropped|drops?|removed|removes"
    rf"|deprecated|deprecates?|lost|loses?|renamed|renames?|accepts?|takes?|supports?|allows?)\s+(?:(?:the )?(?:use|usage) of |passing )?{FILLER}",
    re.I,
)
"""Between a callable and the parameter or method that it loses: `f` dropped the `x` keyword."""
BECOMES = re.compile(
    rf"\s*(?:{NOUN}\s*)?(?:\([^()]*\)\s*)?,?\s*(?:to|into|→|->|=>)\s+(?:simply\s+|be\s+)?{FILLER}",
    re.I,
)
"""Between a name and what it becomes: rename parameter `a` to `b`, moved from `m` to `n`."""
RENAMED_AS = re.compile(
    r"\s*(?:(?:has|have|had|been|was|were|is|are|now)\s+)*renamed\s*(?:as\s+)?", re.I
)
"""`a` renamed `b`, without a preposition."""
ADDED = re.compile(r"\b(?:add(?:s|ed)?|introduc(?:e|es|ed))\b", re.I)
ENDS_HERE = re.compile(r"\b(?:deprecate[sd]?|remove[sd]?)\b", re.I)
WHILE_GONE = re.compile(
    r".*\bwhile \s*(?:has|have|was|were|is|are)(?: been| now)? (?:removed|deprecated|renamed)\b.*",
    re.I | re.S,
)
"""Around a name: "while `x` has been removed"."""
THEN_ENDS = re.compile(r"\s+and\s+(?:deprecate|remove)[sd]?\b", re.I)
BECOMING = re.compile(r"\b(?:renam|mov(?:e|ing)|relocat)", re.I)
AND_NEXT = re.compile(rf"\s+(?:in favou?r of\b|(?:with|by|to)\s+{FILLER}{C})", re.I)
"""After the last of a group of new names: it is the next old one, `a` to `b` and `c` to `d`."""
MEMBERS = re.compile(
    rf"\b(?:attributes?|methods?|propert(?:y|ies)|classmethods?|accessors?|{KEYWORD_NOUN})\b", re.I
)
CONCERNING = re.compile(r"(?:^|[\s(])(?:for|in|of|from|with|on)\s*$", re.I)
SUBJECT_KEYWORDS = re.compile(
    rf"^\W*(?:the |some |several )?(?:(?:following|deprecated|old|unused) )*{KEYWORD_NOUN}"
    r" (?:of|to|in|for|(?:have|has) been|were|are|was|is) ",
    re.I,
)
"""A sentence about parameters that names them later: "The arguments of `f` were renamed from…"."""
PRONOUN = re.compile(
    r"\b(?:this|these|it|they|both|that)\b(?! (?:behaviou?rs?|usage|use|feature|practice|change|syntax)\b)(?:\s+\(?\w+\)?){0,3}?\s+(?:is|are|was|were|will|has|have)\b"
    r"|\bthe\s+(?:\w+\s+)?(?:parameter|argument|keyword|attribute|method|function|class|alias)s?"
    r"\s+(?:is|are|was|were|will|has|have)\b",
    re.I,
)
"""A subject that the sentence before has named."""
CARRIES_ON = re.compile(
    r"^(?:and )?(?:this|these|they|it|the following|namely|specifically|in particular|that|those"
    r"|affected)\b[^⟦]{0,60}\b(?:includ\w+|are|is|affects?|concerns?|applies to|namely)?[: ]*⟦"
    r"|^(?:for example|for instance|e\.g\.),? if you (?:use|call|rely on) [^⟦]{0,20}⟦",
    re.I,
)
"""A sentence that goes on with the list that the one before it began."""
SAME = re.compile(
    r"^\W*(?:the )?(?:same (?:for|with|applies (?:to|for)|holds for|goes for|is true (?:for|of))"
    r"|likewise(?: for)?)\b",
    re.I,
)
"""A sentence that says of other names what the one before said."""
CALLING = re.compile(r"^\W*(?:calling|using|passing|setting|specifying)\s*$", re.I)
"""The beginning of a sentence about a use of a name, not advice."""
BY_THAT = re.compile(
    r"\b(?:in favou?r of|(?:replaced|superseded) (?:by|with)|use|prefer) (?:this|these|it|them|that"
    r"|those|the (?:latter|new|former))\b(?! ⟦)(?P<many>(?: \w+){0,3} (?:methods|functions|classes))?",
    re.I,
)
"""A replacement that the sentence before has named."""
OF_KEYWORD = re.compile(
    rf"\b(?!(?:{DETERMINER}|{ADJECTIVE}|{NOUN})\b)(?P<name>[a-z]\w+)[ -]{KEYWORD_NOUN} (?:of|in|from|to|for) (?P<owner>{C}|[A-Z]\w+)"
)
"""A title's plain words: "remove maxcardinality parameter from f"."""
ADDS = re.compile(
    r"\b(?:add(?:s|ed)?|introduc(?:e|es|ed|ing))(?: (?:a|an|the))?(?: new)?\s*$", re.I
)
AFTER_VERB = re.compile(
    r"^(?:\W*(?:[A-Z]{2,5}: ?)*(?:[a-z]+: )?)?(?:rm|remov(?:e|es|ed|ing)|deprecat(?:e|es|ed|ing)|drop(?:s|ped)?|delete[sd]?"
    r"|expire[sd]?)\b(?: (?:the|all|old|previously|deprecated|unused|legacy|function|functions|method|class|module|keyword"
    r"|attribute|misspelt|misspelled|alias|argument|parameter|option))* ([a-z][\w.]{2,})\b(?!-|\s*⟦)",
    re.I,
)
"""A lone word right after a verb of ending: maybe a name, if the library knows it."""
FILLED = re.compile(
    rf"((?:\b(?:(?<!instead )(?<!place ){DETERMINER}|{ADJECTIVE}|{NOUN})\s+)*)$", re.I
)
KEYWORDS = re.compile(rf"\b{KEYWORD_NOUN}\b", re.I)
SYMBOLS = re.compile(rf"\b{SYMBOL_NOUN}\b", re.I)
VALUES = re.compile(rf"\b{VALUE_NOUN}\b", re.I)
NOUN_AFTER = re.compile(rf"^((?:\s+(?:{ADJECTIVE}|{NOUN}))+)\b", re.I)

_PROTECTED = re.compile(r"\b(?:e\.g|i\.e|cf|etc|vs|resp|approx|incl|Fig|al|no|Dr)\.", re.I)


def sentences(text: str) -> list[str]:
    """Split marked text into sentences; the dots of versions and of ``e.g.`` end none."""
    held = _PROTECTED.sub(lambda match: match[0].replace(".", "\x00"), text)
    parts = re.split(r"(?<=[.!?])[)\]]?\s+(?=[A-Z⟦\"'(*`])|;\s+|\s+[–—]\s+", held)
    return [part.replace("\x00", ".").strip() for part in parts if part.strip()]
