"""What a sentence or a turn does, by its words: ask, explain, praise, agree, correct, see something, be stuck.

English, and of other languages the words of praise. Who does it is for the turn's own speaker to say, never for what
the words say of somebody.
"""

import re

from domain.companion.numbers import numbers
from domain.companion.sentences import sentence_texts
from domain.companion.words import lettered_stems, lettered_words, listed, stem
from domain.transcripts import Speaker, Turn

# What every account of a lesson says: it is the teller's, and need not have been said in the lesson.
_TELLING_WORDS = """student tutor lesson session together first then next later finally end ended began begin begun
    start started beginning asked ask asking answer answered answering explain explained explaining
    explanation said say told tell showed show shown pointed point noted note reminded remind
    suggested suggest helped help guided guide encouraged encourage worked work working try tried
    trying attempt attempted went go going gave give given came come made make making took take
    found find finding used use using saw see seen thought think knew know known understood
    understand understanding learned learn learnt practise practice practised review reviewed revise
    recall remember repeat explored explore discussed discuss talked talk covered cover looked look
    continued continue moved move reached reach arrived arrive stated state described describe
    confirmed confirm agreed agree accepted accept correct corrected correction correctly right
    wrong wrongly incorrect incorrectly mistake mistaken slip error solution solve solved solving
    problem question task exercise step result word words sentence own difficulty difficult
    difficulties need needed without left open unfinished finished finish completed complete alone
    themselves their aloud similar another new more still independently carefully check checked
    checking way time times part whole topic example reasoning reason approach initially afterwards
    again once turn turned put over able unable struggled struggle could clearly final kind mind
    noticed notice somebody memory compare keep back broke broken off talking goal main focus
    focused clear aim lesson's well one get gets got want"""
TELLING = frozenset(map(stem, listed(_TELLING_WORDS)))

_PRAISE_ELSEWHERE = (
    r"\b(?:bravo|bravissim[oa]|tr[eè]s bien|parfait|exact(?:ement)?|bien jou[eé]|c'est (?:bien|[cç]a|juste)"
    r"|f[eé]licitations"
    r"|genau|richtig|sehr gut|gut gemacht|stimmt|muy bien|bien hecho|perfecto|exacto|correcto|excelente|molto bene"
    r"|benissimo|ottimo|esatto|giusto|perfetto|muito bem|perfeito|isso mesmo|heel goed|goed gedaan|precies"
    r"|bardzo dobrze|świetnie|brawo|молодец|правильно|отлично|верно|aferin|çok iyi|doğru|bra jobbat|mycket bra)\b"
    r"|よくできました|すごい|正解|很好|对了|太棒了|잘했어요|맞아요|أحسنت|ممتاز|शाबाश|बहुत अच्छा"
)
_YES = re.compile(
    r"\b(?:correct(?:ly)?|right(?! (?:angles?|sides?|triangles?|hand))"
    r"|yes|yep|yeah|exactly|perfect|excellent|well done|great|good (?:job|work)|nice"
    r"|awesome|amazing|fantastic|brilliant|super|you (?:got|have|had) it|that'?s it|very good|good)\b|"
    + _PRAISE_ELSEWHERE,
    re.IGNORECASE,
)
_NO = re.compile(
    r"\b(?:not|isn'?t|wasn'?t|aren'?t|never) (?:\w+ ){0,2}(?:correct|right|it)\b|\bincorrect|\bwrong\b"
    r"|\b(?:good|great|nice) (?:try|effort|attempt|guess|start)\b"
    r"|\b(?:do|did)(?:n'?t| not) (?:need|have) to\b|\b(?:original|earlier|first|previous) answer\b"
    r"|\bnot (?:quite|yet|exactly|really)\b"
    r"|\b(?:almost|nearly|mais|pas|aber|nicht|falsch|pero|però|não|maar|niet|не|но)\b",
    re.IGNORECASE,
)
_PRAISES = re.compile(
    r"\b(?:well done|(?:good|great|nice|super|excellent|wonderful|amazing|awesome|fantastic|brilliant|lovely|best)"
    r" (?:job|work|thinking|going|one|try|effort|attempt|guess|start|question|point|idea|progress|explanation|answer)"
    r"|excellent|perfect|brilliant|awesome|amazing|fantastic|wonderful|impressive|proud|keep it up|way to go|you rock"
    r"|(?:very|so|really) (?:good|well|nice)|great|super|nice|good)\b|" + _PRAISE_ELSEWHERE,
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"=|\b(?:is|are|was|were|has|have|means?|because|since|so|if|when|then|therefore|equals?|called|makes?|gives?|need"
    r"|needs|use|uses|used|can|cannot|can't|must|should|instead|first|remember|always|never|both|each|every|than"
    r"|divide|multiply|add|subtract|goes|come|comes|becomes?|turns?|takes?|stands?|does|do|doesn't|don't|that's|it's)\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"\b(?!(?:i|you|we|he|she|it|they|that|this|which|who|what)\b)\w+"
    r" (?:said|says|claims|claimed|thinks|believes|told (?:me|us))\b",
    re.IGNORECASE,
)
"""What somebody else is said to say."""
_LEAST_EXPLAINED = 5
"""Words; `Good, that is right.` explains nothing."""
_TELLS_TO = (
    r"tell|show|explain|try|find|say|write|solve|read|look|think|describe|name|list|calculate|work out|draw|give|let'?s"
)
# Nothing of it is taken back once it has matched: of "so so so so" every gap could be read in two ways.
_LEAD_IN = (
    r"^(?:\W*+(?:ok|okay|so|now|and|well|great|good|right|please|then|next|also|first|hi|hello|alright)\b\W*+"
    rf"(?:(?!(?:{_TELLS_TO})\b)\w++, )?+)*+"
)
_ORDERS = re.compile(rf"{_LEAD_IN}(?:{_TELLS_TO})\b", re.IGNORECASE)
_ASKS = re.compile(
    rf"{_LEAD_IN}(?:can|could|would|will|do|does|did|is|are|what|which|why|how|who|when|where|remember|{_TELLS_TO})\b",
    re.IGNORECASE,
)
_SLIP = re.compile(
    r"\b(?:my (?:mistake|error|bad|fault)|i(?:'ve| have)? (?:made (?:an? )?(?:\w+ )?(?:mistake|error)|forgot|misread"
    r"|miscalculated|misunderstood|messed up|mixed (?:\w+ ){0,3}up|added (?:it |them )?wrong)"
    r"|should(?:n'?t)? have|i (?:was|am|got (?:it|that)) wrong|oops|whoops|mixed up|(?<!your )(?<!made a )mistake"
    r"|(?<!your )(?<!made an )error|(?<!you are )(?<!you're )wrong|forgot|misread|misunderst\w+"
    r"|miscalculat\w+)\b",
    re.IGNORECASE,
)
_AMISS = re.compile(
    r"\b(?:mistake|error|wrong|incorrect|forgot|misunderst\w+|misread|miscalculat\w+|mix(?:ed)? up|oops|so close|close"
    r"|almost|nearly|however|instead|actually|try again|look again|check again|careful|rather than"
    r"|not (?:quite|really|correct|right|exactly|yet|the|a|an|just|only|\d+)|should(?:n'?t)? (?:be|have|only|not)"
    r"|shouldn'?t|isn'?t|wasn'?t|aren'?t|(?:it|that|this)(?: i|')s not|didn'?t|don'?t think|doesn'?t|can'?t|cannot)\b"
    r"|^[^\w\n]*+no\b",
    re.IGNORECASE | re.MULTILINE,
)
_SEES = re.compile(
    r"\b(?:oh|i (?:can )?see|ah|aha|i (?:get|got) it|now i|makes sense|understand|understood|realis\w+|realiz\w+"
    r"|notice\w*)\b",
    re.IGNORECASE,
)
_STUCK = re.compile(
    r"\b(?:i (?:don'?t|do not|didn'?t|can'?t|cannot) (?:\w+ )?(?:know|get|understand|see|remember|think|find|do|figure)"
    r"|not (?:\w+ )?sure|unsure|no idea|no clue|idk|(?:i'?m|i am|so|bit|still|really) (?:\w+ )?(?:confused|stuck|lost)"
    r"|confus\w+|stuck|help|hard|difficult|struggl\w+|tricky|how do (?:i|we|you)|what do (?:i|we))\b",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"\b(?:hi|hello|hey|bye|goodbye|thanks?|thank you|welcome|sorry|see you"
    r"|good (?:morning|afternoon|evening|night)|brb"
    r"|be right back|have (?:a|to go)|gtg|got to go|whiteboard|feedback)\b",
    re.IGNORECASE,
)
_DIRECTING = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.]{0,40}\b(?:instructions?|rules?|prompts?|guidelines|previous|above)\b"
    r"|\b(?:system|developer) (?:prompt|message|instructions?)\b"
    r"|\byou are (?:now )?(?:an? |the )?(?:\w+ )?(?:ai\b|assistant|chatbot|language model|summari[sz]er)"
    r"|\b(?:write|say|put|add|state|include|mention)\b[^.]{0,60}\bsummar(?:y|ies)\b"
    r"|\bsummar(?:y|ies) (?:must|should|has to|needs? to|shall)\b"
    r"|<[|/]*+(?:system|im_start|im_end|assistant|instructions?|transcript)\b"
    r"|(?:^[^\S\n]*+|[.!?]\s\W{0,5})(?:system|assistant|developer)\s*:",
    re.IGNORECASE | re.MULTILINE,
)


def own_words(text: str) -> list[str]:
    """The words of a text, as stems, that are about something: not those that tell of any lesson."""
    return [word for word in lettered_stems(text) if word not in TELLING]


def directs(text: str) -> bool:
    """Whether a turn talks to whoever summarises it: nothing is told from such a turn."""
    return _DIRECTING.search(text) is not None


def asks(sentence: str) -> bool:
    """Whether a sentence is a question, by its end."""
    return sentence.rstrip("\"”' ).").endswith(("?", "="))


def asks_to(sentence: str) -> bool:
    """Whether a sentence is a question, or tells somebody to do something."""
    return "?" in sentence or asks(sentence) or _ASKS.match(sentence) is not None


def praises(sentence: str) -> bool:
    """Whether a sentence has a word of praise."""
    return _PRAISES.search(sentence) is not None


def explains(sentence: str) -> bool:
    """Whether a sentence explains something: so many words, not a question, and something said besides praise.

    What is not in English is not known to explain.
    """
    said = lettered_words(sentence)
    figures = len(numbers(sentence))
    if (
        asks(sentence)
        or _ORDERS.match(sentence)
        or _REPORTS.search(sentence)
        or len(said) + figures < _LEAST_EXPLAINED
        or not _EXPLAINS.search(sentence)
    ):
        return False
    judges = praises(sentence) or _YES.search(sentence) is not None
    return not judges or figures >= 2 or len(set(own_words(_PRAISES.sub(" ", sentence)))) >= 4


def sees(sentence: str) -> bool:
    """Whether somebody sees something, or owns to a slip."""
    return _SEES.search(sentence) is not None or slips(sentence)


def slips(sentence: str) -> bool:
    """Whether somebody owns to a slip of their own."""
    return _SLIP.search(sentence) is not None


def is_stuck(sentence: str) -> bool:
    """Whether somebody does not know how to go on."""
    return _STUCK.search(sentence) is not None


def approves(turn: Turn) -> bool:
    """Whether it is the tutor's saying that something was right, and nothing else."""
    return turn.speaker is Speaker.TUTOR and _YES.search(turn.text) is not None and _NO.search(turn.text) is None


def faults(turn: Turn) -> bool:
    """Whether it says that something was not right: the tutor in so many words, the student of themselves."""
    if approves(turn):
        return False
    return (_AMISS if turn.speaker is Speaker.TUTOR else _SLIP).search(turn.text) is not None


def says_something(turn: Turn) -> bool:
    """Whether a turn brings the lesson on: a number, or two words of its own outside of greetings and thanks."""
    if directs(turn.text):
        return False
    return any(
        len(numbers(said)) >= 2
        or (not _SMALL_TALK.search(said) and (bool(numbers(said)) or len(set(own_words(said))) >= 2))
        for said in sentence_texts(turn.text)
    )


def answers(turn: Turn) -> bool:
    """Whether a turn says something that is not only a question."""
    telling = [said for said in sentence_texts(turn.text) if not asks(said)]
    return bool(telling) and says_something(Turn(turn.speaker, " ".join(telling)))
