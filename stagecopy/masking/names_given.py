"""Given names common in many countries: enough of any list of people hit a few, product names do not.

Only asked whether a sample looks like names of people; masks draw from the frozen vocabularies instead.
"""

from __future__ import annotations

from stagecopy.masking.names_split import fold

_NAMES = """
aaron abdul adam adrian agnieszka agnes ahmed alain albert alejandro aleksander alessandro alex alexander alexandra
alfred ali alice alicia allan amanda amelia ana anders andre andrea andreas andrew andrzej angela anita anja ann anna
anne annette anthony antoine anton antonio arthur astrid barbara beata beatriz benjamin bernard bernd betty bill bjorn
bob brandon brenda brian bruno camille carl carla carlos carmen carol caroline catherine cecilia charles charlotte
chiara chris christian christina christine christoph christopher claire claudia claudio craig cynthia daniel daniela
david deborah denis dennis diana diego dieter dmitri dominik donald donna dorothy douglas edward eduardo elena elisa
elizabeth emily emma enrique eric erik ernst eva ewa fabian federico felix fernanda fernando florian francesca
francesco francis francisco francois frank franz frederic friedrich gabriel gabriela gary george gerald gerhard
giovanni giulia giuseppe gloria grace greg gregory grzegorz guillaume gustav hannah hans harald harold heather heidi
heike heinz helen helena helga henri henry herbert hugo ian ibrahim igor ines ingrid irene isabel isabella ivan jack
jacob jacques jakub james jan jane janet janusz jason javier jean jeff jeffrey jennifer jens jeremy jerry jessica
jesus jim joan joanna joao joe johan johann johannes john johnny jonas jonathan jorge jose joseph joshua joyce juan
judith julia julian julie julien jurgen justin karen karin karl katarzyna katharina katherine kathleen katrin keith
kelly kenneth kevin kim klaus konrad krzysztof kurt larry lars laura laurent lea leonard leon linda lisa lorenzo louis
louise luca lucas lucia luis luisa lukas luke magdalena manuel marc marcel marcin marco marek margaret maria mariana
marie mario marion mark markus marta martin martina mary matteo matthew matthias maurice max mehmet melanie michael
michal michel michele miguel mike milan mohamed mohammed monica monika muhammad nadine nancy natalia natalie nathalie
nathan nicholas nick nicolas nicole nils nina noah olaf ole oliver olivia olga oscar otto pablo paola paolo pascal
patricia patrick paul paula pauline pawel pedro peter petra philip philippe pierre piotr rachel rafael rainer ralf
ralph ramon raul raymond rebecca renata rene ricardo richard rita robert roberto roger roland rolf ronald rosa ruth
ryan sabine sam samuel sandra sara sarah scott sean sebastian sergio sharon silvia simon simone sofia sophia sophie
stefan stefano stephan stephanie stephen steve steven stuart susan susanne sven sylvia tanja teresa theresa thomas tim
timothy tina tobias todd tom tomas tomasz tony ursula valentina valerie vera veronica victor victoria vincent virginia
vladimir walter wayne werner wilhelm william wolfgang xavier yves yvonne zofia wei ming yuki hiroshi kenji priya rahul
amit fatima omar yusuf
"""

GIVEN_NAMES = frozenset(fold(_NAMES).split())
