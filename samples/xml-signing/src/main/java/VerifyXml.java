import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/**
 * Verifies the signature of an XML document against a certificate that the verifier has; the one in the document is not asked.
 *
 * <p>Usage: {@code VerifyXml CERTIFICATE FILE}. Exit code 1 if the signature is not the document's.
 */
public final class VerifyXml {
    private VerifyXml() {
    }

    public static void main(String[] args) throws Exception {
        PublicKey key;
        try (InputStream file = Files.newInputStream(Path.of(args[0]))) {
            key = CertificateFactory.getInstance("X.509").generateCertificate(file).getPublicKey();
        }
        DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
        parsers.setNamespaceAware(true);
        parsers.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        Document document = parsers.newDocumentBuilder().parse(Path.of(args[1]).toFile());
        NodeList signatures = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
        boolean good = signatures.getLength() == 1;
        if (good) {
            DOMValidateContext context = new DOMValidateContext(key, signatures.item(0));
            context.setProperty("org.jcp.xml.dsig.secureValidation", true);
            good = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context).validate(context);
        }
        System.out.println(good ? "good signature" : "BAD signature");
        System.exit(good ? 0 : 1);
    }
}
