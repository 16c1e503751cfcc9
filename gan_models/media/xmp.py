"""XMP packets that state a picture's origin and provenance (ISO 16684-1), written and read.

No XML parser reads them: what comes from outside is searched for one property as text, so that
entities and references in it mean nothing.
"""

from __future__ import annotations

import html
import json
import re
from xml.sax.saxutils import escape

from gan_models.media.provenance import Provenance, source_type

CREATOR = "Ganvas"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MAX_PACKET_BYTES = 4 << 20  # of a packet that is read
_NAMESPACE = "urn:ganvas:provenance#"
_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:ganvas="{namespace}">
   <xmp:CreatorTool>{creator}</xmp:CreatorTool>
   <Iptc4xmpExt:DigitalSourceType>{term}</Iptc4xmpExt:DigitalSourceType>{provenance}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
_ELEMENT = "\n   <ganvas:provenance>{text}</ganvas:provenance>"
_OPENING = re.compile(r"<([\w.-]+:provenance)>")
_ATTRIBUTE = re.compile(r"""[\w.-]+:provenance\s*=\s*(["'])""")


def packet(provenance: Provenance, max_bytes: int | None = None) -> bytes:
    """The packet of a generated picture: its IPTC source type, "Ganvas", and its provenance.

    Args:
        provenance: of the picture.
        max_bytes: where the packet would be longer, it states all but the provenance.
    """
    text = escape(json.dumps(provenance, sort_keys=True))  # ASCII: valid in XML, whatever it holds
    whole = _filled(provenance, _ELEMENT.format(text=text))
    return whole if max_bytes is None or len(whole) <= max_bytes else _filled(provenance, "")


def _filled(provenance: Provenance, element: str) -> bytes:
    return _PACKET.format(
        namespace=_NAMESPACE, creator=CREATOR, term=term(provenance), provenance=element
    ).encode()


def term(provenance: Provenance) -> str:
    """The IPTC term of a picture's origin as a URI."""
    return TERMS + source_type(provenance)


def provenance_text(content: bytes | str | None) -> str | None:
    """The provenance in a packet as JSON text; None: it has none, or is over 4 MiB.

    Programs that rewrite a packet may change the prefix, or make the property an attribute.
    """
    if not content or len(content) > MAX_PACKET_BYTES:
        return None
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    if _NAMESPACE not in text:
        return None
    if opening := _OPENING.search(text):
        end = text.find(f"</{opening[1]}>", opening.end())
    elif opening := _ATTRIBUTE.search(text):
        end = text.find(opening[1], opening.end())
    else:
        return None
    return None if end < 0 else html.unescape(text[opening.end() : end])
