"""The patterns of domain.companion.safeguarding, over text as its `canonical` leaves it."""

import re


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FAMILY = (
    "(?:step ?)?(?:father|dad|daddy|papa|mother|mom|mum|mommy|mummy|mama|parents?|brothers?|sisters?|uncle|aunt"
    "|auntie"
    "|cousins?|grandpa|granddad|grandfather|grandma|grandmother|boyfriend|girlfriend|ex|carer|guardian|family"
    "|siblings?"
    "|babysitter|stepdad|stepmom|stepmum|stepfather|stepmother|stepbrother|stepsister|foster parents?)"
)
_TEACHERS = "(?:teachers?|tutors?|coach|trainer|headmaster|principal|professor)"
_OTHERS = (
    "(?:friends?|bestie|classmates?|class|neighbou?rs?|boys?|girls?|kids?|guys?|men|man|woman|bullies|bully|gang"
    "|students|people|pupils|team|dads|moms|mums|boss|driver|priest|doctor|adults?)"
)
_SOMEBODY = (
    rf"(?:(?:my|our|the|a|an|some|this|that|these|those|other|another|older|two|three) (?:\w+ )?(?:{_FAMILY}"
    rf"|{_TEACHERS}|{_OTHERS})"
    rf"|{_FAMILY}|he|she|they|hes|shes|theyre|someone|somebody|everyone|everybody|people|kids|boys|girls|others"
    rf"|classmates|bullies)"
)
_THEIRS = rf"(?:my|our) (?:\w+ )?(?:{_FAMILY}|friends?|bestie|classmates?)"
_ME = rf"(?:me|us|{_THEIRS})"
_HURT = (
    "(?:hit|hits|hitting|hitted|beat|beats|beaten|beating|slap|slaps|slapped|slapping|punch|punches|punched|punching"
    "|kick|kicks|kicked|kicking|smack|smacks|smacked|spank|spanks|spanked|whip|whips|whipped|belts|choke|chokes"
    "|choked"
    "|choking|strangle|strangles|strangled|hurt|hurts|hurting|burn|burns|burned|burnt|abuse|abuses|abused|abusing"
    "|molest|molests|molested|molesting|rape|rapes|raped|raping|grope|gropes|groped|groping|harass|harasses|harassed"
    "|harassing|threaten|threatens|threatened|threatening|bully|bullies|bullied|bullying|cyberbully|shove|shoves"
    "|shoved|shoving|starve|starves|stab|stabs|stabbed|torture|tortures|tortured|touch|touches|touched|touching|stalk"
    "|stalks|stalked|stalking|assault|assaults|assaulted|blackmail|blackmails"
    "|blackmailed|blackmailing)"
)
# What these words also mean, where it stands after "me": games won, balls passed, questions asked.
_NOT_HARM = (
    "(?! (?:(?:in|at|on) (?:the |a |this |that |every |my |our )?(?:\\w+ )?(?:game|games|chess|race|races|racing"
    "|match"
    "|cards|tennis|football|soccer|maths?|quiz|test|tests|running|mario|minecraft|checkers|spelling|tag|exam|contest"
    "|competition|score|points|debate)|(?:a|an|the|another|one|that) (?:\\w+ )?(?:ball|pass|cd|question|puck)"
    "|with (?:a|an|the|this|that|these|those|some|another|one|two|three|many|his|her|their) (?:\\w+ )?(?:questions?"
    "|problems?|quiz|homework|tasks?|riddles?|ideas?|facts?|numbers?|equations?|snowballs?|ball|balls|pillows?|news"
    "|story|song|speech|poem|words|kindness)|by (?:one|two|three|four|five|ten|a|an|only|points|\\w+ points"
    "|\\w+ (?:seconds"
    "|minutes|goals))|to (?:the|it|school|class|that|second)|out of (?:the|a|our|his|her) (?:game|team|group"
    "|chat|match"
    "|club)|deeply|emotionally|off))"
)
_GAP = r"(?: (?!about|when the|the ball|it|that it)\w+){0,4}?"
_NAMES = (
    "(?:names|ugly|fat|stupid|dumb|loser|gay|fag|slut|whore|bitch|freak|retard|retarded|worthless|pig|idiot"
    "|weird|monkey"
    "|trash|useless)"
)

ABUSE = re.compile(
    "|".join(
        (
            rf"\b{_SOMEBODY}{_GAP} {_HURT}(?: up| on)? {_ME}\b{_NOT_HARM}",
            r"\b(?:i|im|ive|we|keep|being|getting)(?: (?!about|on|of|how|why|that|who|by)\w+){0,3}? "
            r"(?:abused|molested|raped|groped|harassed|assaulted|blackmailed|beaten(?: up)?(?! (?:in|at|on|by)\b)"
            r"|beaten (?:up )?by (?:my|him|her|them)|beat up|beaten at home|slapped|threatened|hit (?:at home"
            r"|by (?:my|him|her|them)"
            r"|every|all the time|with a belt))\b",
            rf"\b(?:scared|afraid|terrified|frightened) (?:of|to go|to be|to come|to see|to tell)(?: \w+){{0,2}} "
            rf"(?:{_FAMILY}|home)\b",
            rf"\b{_SOMEBODY}{_GAP} (?:throws?|threw|throwing) (?:(?!(?:snow)?balls?\b)\w+ ){{1,4}}at (?:me|us)\b",
            rf"\b{_SOMEBODY}{_GAP} (?:comes?|came|coming|climbs?|gets?) in ?to my (?:room"
            rf"|bed)(?: \w+){{0,3}} night\b",
            rf"\b{_SOMEBODY}{_GAP} (?:makes?|made) me (?:feel )?(?:very |really |so )?(?:uncomfortable|unsafe"
            rf"|scared)\b",
            r"\b(?:i|im)\b.* unsafe\b",
            r"\b(?:dont|do not|never|not) (?:feel )?safe (?:at|in my|around|with|here)\b",
            r"\b(?:im|i am) not safe\b",
            r"\brun(?:ning)? away from (?:home|my)\b",
            r"\btouch(?:es|ed|ing)? my (?:private|privates|breasts?|chest|butt|bum|thighs?|body|bottom|legs?)\b",
            r"\b(?:makes?|made|forces?|forced|making|forcing|wants?) me (?:to )?(?:\w+ ){0,2}?(?:undress|strip"
            r"|touch (?:him"
            r"|her|his)|kiss (?:him|her)|have sex|sleep with|naked|take (?:off )?my clothes)\b",
            r"\b(?:had|has|have|having|wants) (?:to have )?sex with me\b|\bsexually\b.*\bme\b|\bme\b.*\bsexually\b",
            r"\b(?:send|sends|sent|sending|ask|asks|asked|asking|want|wants|show|shows|showed)\b.*\b(?:me"
            r"|my)\b.*\b(?:nudes?"
            r"|naked|private parts)\b",
            rf"\b{_SOMEBODY}{_GAP} attack(?:s|ed|ing)? me\b",
            rf"\b{_SOMEBODY}{_GAP} (?:locks?|locked|kicks?|kicked|throws?|threw) me (?:up|in|out)\b{_NOT_HARM}",
            r"\b(?:doesnt|dont|does not|do not|wont|never) (?:feed me|give me (?:any )?(?:food|anything to eat))\b",
            r"\b(?:no food|nothing to eat) (?:at|in our|in my) (?:home|house)\b",
            rf"\b(?:my|our) (?:\w+ )?{_FAMILY} (?:\w+ ){{0,3}}?(?:hates?|hate) me\b",
            rf"\b(?:my|our) (?:\w+ )?{_FAMILY} (?:\w+ ){{0,3}}?(?:comes? home|is always|gets?"
            rf"|is) (?:so )?(?:drunk|violent)\b",
            r"\b(?:says?|said|threatened|threatens|going) (?:\w+ ){0,3}?(?:kill|murder|hurt) me\b",
            rf"\b{_SOMEBODY} (?:\w+ ){{0,4}}?(?:yells?|screams?|shouts?) at me (?:\w+ ){{0,2}}?(?:every ?day"
            rf"|all the time"
            r"|always|constantly|a lot|every night)\b",
        )
    )
)
BULLYING = re.compile(
    "|".join(
        (
            r"\b(?:make|makes|made|making) fun of me\b|\b(?:laugh|laughs|laughed|laughing) at me\b",
            r"\b(?:pick|picks|picked|picking) on me\b|\b(?:push|pushes|pushed|pushing) me (?:around|down|into"
            r"|against)\b",
            r"\b(?:spit|spits|spat|spitting) (?:on|at) me\b|\b(?:mean|cruel|nasty"
            r"|horrible) to me\b(?<!\bdoes it mean to me)"
            r"(?<!\bit mean to me)(?<!\bthis mean to me)(?<!\bthat mean to me)",
            rf"\b(?:call|calls|called|calling) me (?:an? )?(?:\w+ ){{0,2}}?{_NAMES}\b",
            r"\b(?:nobody|no one|noone) (?:\w+ ){0,3}?(?:likes|loves|wants|cares about|talks to"
            r"|wants to be with) me\b",
            r"\b(?:everyone|everybody|they all|the whole class|people|they) (?:\w+ ){0,2}?(?:hates?|ignores?"
            r"|excludes?) me\b",
            r"\bi (?:have|dont have|do not have|ve got) (?:no|any) friends\b|\b(?:leave|leaves|leaving) me out\b",
            r"\b(?:spread|spreads|spreading) (?:\w+ )?(?:rumou?rs|lies|gossip) about me\b",
            r"\b(?:post|posts|posted|posting|share|shares|shared|sharing|send|sent"
            r"|sending) (?:\w+ ){0,4}?(?:pictures?|pics?"
            r"|photos?|videos?|nudes?) of me\b",
            r"\b(?:mean|hate|hateful|nasty|threatening) (?:messages|texts|comments|dms|notes) (?:to|about|at) me\b",
            r"\b(?:send|sends|sent|sending|get|got|write|writes|wrote) (?:me )?(?:\w+ )??(?:mean|hate|hateful"
            r"|nasty|threatening"
            r") (?:messages|texts|comments|dms|notes)\b",
            r"\b(?:i|im|ive)(?: (?!about|on|of|how|why|that|who)\w+){0,4}? (?:bullied|cyberbullied|picked on"
            r"|made fun of"
            r"|left out|mobbed|teased|excluded)\b",
            r"\b(?:my|our)\b.*\b(?:bully|bullies|bullying)\b|\b(?:bully|bullies|bullying)\b.*\b(?:me|my|us|our)\b",
            r"\bi\b.*\b(?:bully|bullies|being bullied)\b|\bbeing bullied\b.*\bi\b",
        )
    )
)
_I = r"(?:^|\b(?:i|im|id|ive|ill|me|myself)\b(?: \w+){0,4} |\b(?:i|im|id|ive|ill) )"
_KILL = (
    "(?:kill|killing|killed|hang|hanging|hanged|harm|harming|harmed|unalive|unaliving|shoot|shooting|drown|drowning"
    "|poison|poisoning|burn|burning|starve|starving|strangle|stab|stabbing|suffocate)"
)
_PILLS = "(?:pills?|tablets?|paracetamol|tylenol|ibuprofen|aspirin|medicine)"
_NOT_ABOUT = r"(?: (?!about|why|how|that|when|read|reading|write|writing|essay|learn|learning|who|of)\w+)"
SELF_HARM = re.compile(
    "|".join(
        (
            rf"\b{_KILL} myself\b(?! laughing)",
            r"\b(?:cut|cuts|cutting) myself\b(?! (?:a|an|some|another|the|off|short|loose|free)\b)",
            r"\b(?:cut|cutting|slit|slitting|slice|slicing) (?:open )?my (?:own )?(?:arms?|wrists?|legs?|thighs?"
            r"|skin|veins?)\b",
            r"\b(?:hurt|hurting) myself\b",
            r"\bmak(?:e|ing) myself (?:throw up|vomit|puke|sick)\b",
            rf"{_I}(?:always |often |sometimes )?self ?harm(?:ing|ed)?\b",
        )
    )
)
DANGER = re.compile(
    "|".join(
        (
            rf"{_I}(?:want|wanna|wanted|wish|rather|ready|deserve|should|need|try|tried|hope|decided|feel"
            rf"|feeling|think"
            r"|thinking|would like|like)(?: to| of| about| like| i| that i)*(?: just| really| only| simply"
            r"| better)*(?: to)? "
            r"(?:die|dying(?! (?:star|sun|cell|plant|tree|out|language|wool|cloth|egg|hair|my hair)\w*)|be dead"
            r"|not exist"
            r"|stop existing|not be alive|never wake up|not wake up|be gone forever"
            r"|disappear forever)\b(?! (?:my|the|some) hair)",
            r"\b(?:end|ending|ended|take|taking) (?:my (?:own )?life|it all)\b",
            r"\bi (?:\w+ ){0,3}?(?:want|wanna|need|going to|gonna|will|should) (?:to )?(?:end it"
            r"|disappear for ever|vanish forever)\b",
            rf"{_I}(?:dont|do not|no longer|cant|didnt|not|never)(?: really| even)? (?:want|wanna|wanting)(?: to)? "
            r"(?:live(?! (?:in|with|at|on|near|by|there|here)\b)|be alive|exist|wake up|be here any ?more"
            r"|go on any ?more"
            r"|continue living|keep living)\b",
            r"\b(?:see|is|whats|no|any) (?:the |there a )?(?:point|use|sense) (?:of|in) (?:living|life"
            r"|being alive|my life)(?: any ?more| like this|$)",
            r"\b(?:my )?life has no (?:meaning|sense|point)\b.*\b(?:me|my)\b|\bi cant take (?:it|this|my life"
            r"|this life) any ?(?:more|longer)\b",
            r"\b(?:done with|tired of|sick of) (?:life|living|my life|being alive)\b|\bif i (?:was|were) (?:dead"
            r"|gone)\b",
            r"\bi\b.*\bnever wak(?:e|ing) up\b|\bcant stop cutting$|\bsuicide (?:painful|painless|hurt)\b",
            rf"\bi (?:take|took|swallow|swallowed|have taken) (?:lots|too many|all|a lot|a whole"
            rf"|[1-9]\d+)\b.*\b{_PILLS}\b",
            r"\b(?:no|any) (?:reason|point)(?: for me)? (?:to|in|of) (?:live|living|life|being alive|go on)\b(?<=\w)"
            r"|\bnothing to live for\b|\blife (?:is|isnt) (?:not )?(?:really )?worth (?:living|it)\b",
            r"\bmy life (?:is|has|feels) (?:\w+ ){0,2}?(?:pointless|worthless|meaningless|over|hell|no meaning"
            r"|no sense)\b",
            r"\bbetter off (?:dead|without me|if i)\b|\bbetter if i (?:\w+ )?(?:died|was dead|were dead|was gone"
            r"|were gone)\b",
            r"\bwish (?:that )?i (?:\w+ ){0,3}?(?:dead|never born|never been born|not born|not alive|die"
            r"|disappear|didnt exist"
            r"|not exist|never existed)\b",
            r"\b(?:nobody|no one|noone) (?:would|will) (?:even )?(?:care|miss me|notice|cry)(?: if i| when i|$)",
            r"\bi (?:\w+ ){0,2}?hate (?:myself|my life|being alive|living)\b",
            r"\bi (?:am|feel) (?:\w+ ){0,2}?(?:worthless|hopeless|depressed|suicidal)\b(?! (?:at|in|with|as)\b)"
            r"|\bim (?:\w+ ){0,2}?(?:worthless|depressed|suicidal)\b",
            r"\bi (?:cant|can not|cannot) (?:go on|live|do life)(?: like this)?(?: any ?more)?$"
            r"|\bi (?:cant|cannot) live any ?more\b",
            rf"\bi{_NOT_ABOUT}{{0,5}}? (?:commit|committing|committed|attempt|attempted) suicide\b"
            rf"|\b(?:i|im|ive){_NOT_ABOUT}{{0,4}}? (?:suicidal|suicide)\b|\bmy suicid\w+",
            r"^(?:help )?suicide(?: help| hotline| now)?$|\b(?:thinking|thoughts|think|thought) (?:of"
            r"|about) suicide\b",
            r"\b(?:gonna|wanna|want to|will|ima|imma|should|might|going to|just|could) kms\b|\bkys\b",
            r"\bhow (?:do|can|could|should|would|to)(?: i| you| one| we)?(?: best)? (?:kill|hang"
            r"|unalive) (?:myself|yourself|oneself)\b",
            r"\b(?:painless|painlessly|easiest|easy|quickest|quick|best|fastest|good|painful) (?:ways?"
            r"|methods?) (?:for me )?"
            r"(?:to|of) (?:die|dying|kill(?:ing)? (?:myself|yourself)|suicide|commit(?:ting)? suicide|end (?:my|it))",
            rf"\b{_PILLS}\b.*\b(?:die|kill (?:me|myself"
            r"|you|yourself|a person)|overdose|never wake)\b",
            rf"\b(?:i|im|ive){_NOT_ABOUT}{{0,4}}? (?:overdose|overdosed|overdosing|jump(?:ing)? (?:off"
            rf"|from) (?:a|the) (?:bridge"
            r"|roof|building|window)|jump in front of (?:a|the) (?:train|car"
            r"|bus))\b(?<!\bif i jump off a bridge)(?<!\bif i jump"
            r" off the bridge)(?<!\bwhen i jump off a bridge)(?<!\bif i jump from a bridge)(?<!\bif i jump off a"
            r" building)"
            r"(?<!\bif i jump off a roof)",
            # A friend in danger.
            rf"\b(?:{_THEIRS}|he|she|they) (?:\w+ ){{0,5}}?(?:wants? to (?:die|commit suicide|kill (?:him|her"
            rf"|them|it)self)"
            r"|(?:is|are) suicidal)\b(?=.*\b(?:i|me|my)\b)",
            rf"\b{_THEIRS} (?:\w+ ){{0,5}}?(?:wants? to die|wants? to kill (?:him|her|them)sel\w+|(?:cuts?"
            rf"|cutting|killed|harms?"
            r"|harming|hurts?|hurting|kill|kills|killing) (?:him|her|them)sel\w+|(?:is|are|was|feels?) suicidal"
            r"|self ?harms?)\b",
            # Others in danger.
            rf"\bi (?:\w+ ){{0,2}}?(?:want|wanna|going|gonna|will|plan|planning|am)(?: to| going to)* (?:kill"
            rf"|shoot|stab|murder"
            rf"|poison) (?:{_THEIRS}|(?:my|the|our) (?:\w+ )?{_TEACHERS}|him|her|them all|everyone|everybody"
            rf"|people|someone"
            r"|somebody)\b(?! (?:in|at|on) (?:the |this |my |a )?(?:\w+ )?(?:game|level|minecraft|fortnite|chess"
            r"|boss|story|play|novel))",
            r"\bbring (?:a|my|the) (?:\w+ )?(?:gun|knife|weapon|bomb)s? (?:to|into) (?:school|class)\b",
            r"\b(?:tell|tells|told|telling) me to (?:kill myself|die|end my life|kms)\b",
        )
    )
)
OTHER_LANGUAGES = re.compile(
    r"\b(?:quiero|me quiero|voy a) (?:morir|morirme|matarme|matar|suicidarme)\b(?<!quiero matar)|\bme quiero matar\b"
    r"|\bmi (?:padre|papa|madre|mama|padrastro|hermano) me (?:pega|golpea|toca|maltrata)\b|\bme hacen bullying\b"
    r"|\bme corto (?:los brazos|las venas|a mi mism[oa])\b|\bno quiero vivir\b"
    r"|\bje (?:veux|vais) (?:mourir|me tuer|me suicider)\b|\bmon (?:pere|beau pere|frere) me (?:frappe|bat|touche)\b"
    r"|\bma mere me (?:frappe|bat)\b|\bje me (?:mutile|scarifie)\b|\bje ne veux plus vivre\b|\bon me harcele\b"
    r"|\bich (?:will|mochte)(?: nur)?(?: noch)? sterben\b|\bich (?:will|mochte|werde|bringe) mich um(?:bringen)?\b"
    r"|\bmein (?:vater|stiefvater|papa|bruder) schlagt mich\b|\bmeine (?:mutter|mama) schlagt mich\b"
    r"|\bich ritze mich\b"
    r"|\bich will nicht mehr leben\b|\bich werde gemobbt\b|\bsie mobben mich\b"
)

ABOUT_TEACHERS = re.compile(rf"\b{_TEACHERS}\b")
_WORKS = (
    "(?:poem|novel|stor(?:y|ies)|book|play|film|movie|chapter|character|essay|article|paragraph|sentence|text"
    "|scene|act"
    "|lyrics|stanza|passage|presentation|poster|report|speech)"
)
LESSONS = re.compile(
    rf"\b(?:{_WORKS}|poet|author|narrator|translat\w+|grammar|tense|verb|noun|phrase|quote|quotation|literature|means"
    r"|meaning|do(?:es)? .*mean)\b"
)
"""What stands around the words that a lesson quotes."""
FRAMES = re.compile(
    rf"\b(?:in|of) (?:the|this|that|a|an|my|our|your) (?:\w+ )?{_WORKS}\b|\b{_WORKS} (?:is|says|about|describes"
    rf"|on|tells)\b"
    r"|\b(?:author|narrator|poet|speaker|protagonist|main character|past tense)\b"
)
"""What says that somebody else's words follow."""
_INTO = (
    r".*\b(?:in|into|to) (?:french|spanish|german|english|latin|italian|chinese|japanese|portuguese|russian|arabic"
    r"|greek|past tense|the past)\b"
)
TRANSLATIONS = re.compile(
    rf"\b(?:translate|conjugate)\b{_INTO}"
    # The first of them, and no other: of many it would try each with each.
    rf"|\A(?>.*?\bhow (?:do|can|would|should|to)\b.*?\b(?:say|spell|write|translate)\b){_INTO}"
)
ACCIDENTS = re.compile(
    r"\b(?:accident|accidentally|mistake|shaving|paper ?cut|cooking|chopping|peeling|first aid|bandage|plaster"
    r"|football"
    r"|soccer|playing|running|falling|fell|bike|skating|sports?|gym|pe|training|basketball|knee|ankle|lab)\b"
)
FORCES = re.compile(r"\b(?:force|velocity|acceleration|momentum|newtons?|joules?|kinetic)\b")

KNOWN = tuple(
    sorted(
        _listed(
            """kill killing killed myself suicide suicidal suicides die died dying dead death father mother
            parents brother
            sister uncle cousin boyfriend girlfriend stepdad stepfather stepmother grandfather teacher tutor
            coach friend
            friends hit hits hitting beat beats beating beaten slap slaps slapped punch punches punched kick
            kicks kicked
            hurt hurts hurting harm harming choke chokes strangle abuse abused abuses molest molested rape raped grope
            harass harassed threaten threatens threatened bully bullies bullied bullying cut cuts cutting hate hates
            everyone everybody nobody someone somebody worthless depressed wanna gonna commit committing touches touched
            anymore overdose wrists wrist scared afraid himself herself themselves yourself nudes laugh laughs starve
            starving hanging laughing ignore ignores pills disappear alive living classmates want wants wish"""
        )
    )
)
SLIPS = {
    "hert": "hurt", "hirt": "hurt", "hurst": "hurts", "kil": "kill", "kll": "kill", "ded": "dead", "wana":
    "wanna", "dieing": "dying", "dyin": "dying", "dy": "die",
    "hitt": "hit", "hitts": "hits", "hites": "hits", "cutt": "cut", "cuttin": "cutting", "cuting": "cutting",
    "killin": "killing", "fater": "father", "farther": "father", "mothr": "mother", "fahter": "father", "ppl": "people",
    "u": "you", "mah": "my", "ma": "my", "meself": "myself", "mysel": "myself", "wanto": "want", "wnat": "want",
    "wont": "wont", "want": "want", "bulli": "bully", "buly": "bully", "dadd": "dad", "unaliv": "unalive",
}  # fmt: skip
UNLIKE = _listed(
    """hand hard hints bets best bests deal deaf dear head bear beast boat boats hunt heart hide hike like kiss
    kicks hats
    fathers gathers mothers others brothers sisters teachers tutors coaches alike olive alien kilt kills skill dies diet
    deaths cute cuter slip slips snap snaps hates hated hater date dates punish lunch hutch pinch touch touching kite
    pulls bulls fills hills wills bulky belly rage rate rates ripe rope drape grape grade group gripe wand wan wash
    wist with fish dish wishes wanted waits wait went wants lives giving leaving loving having liking lining winning
    hanged angel changing ranging hiring hating heating eating seating hitting sitting setting cuter cutter shutting
    scarred scared scare started friendly fiend trend ignored ignite commits comet committed abuser threats thread
    threads strange strangely rapid range raper paper taped raped apes chose chosen cheek coke joke broke harms charm
    farm hurry hunts turn living loving alive live lives hurl slapping starved stares start started starring staring"""
)
"""Words of their own that are one letter from another, and mean what they say."""
