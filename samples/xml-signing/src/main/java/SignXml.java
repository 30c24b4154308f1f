import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.util.List;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.ferrohsm.provider.FerroHsmProvider;
import org.w3c.dom.Document;

/**
 * Adds an enveloped signature to an XML document, with the JDK's own XML signatures and a key of the HSM.
 *
 * <p>Usage: {@code SignXml ALIAS INPUT OUTPUT}.
 */
public final class SignXml {
    private SignXml() {
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        KeyStore hsm = KeyStore.getInstance("FERROHSM");
        hsm.load(null, null);
        PrivateKey key = (PrivateKey) hsm.getKey(args[0], null);
        Certificate certificate = hsm.getCertificate(args[0]);

        DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
        parsers.setNamespaceAware(true);
        // The document comes from elsewhere: no external entities.
        parsers.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        Document document = parsers.newDocumentBuilder().parse(Path.of(args[1]).toFile());

        XMLSignatureFactory xml = XMLSignatureFactory.getInstance("DOM");
        Reference wholeDocument = xml.newReference("", xml.newDigestMethod(DigestMethod.SHA256, null),
            List.of(xml.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null)), null, null);
        SignedInfo signedInfo = xml.newSignedInfo(
            xml.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            xml.newSignatureMethod("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", null),
            List.of(wholeDocument));
        KeyInfoFactory info = xml.getKeyInfoFactory();
        KeyInfo keyInfo = info.newKeyInfo(List.of(info.newX509Data(List.of(certificate))));

        // The JDK finds the provider by the key, as everywhere.
        xml.newXMLSignature(signedInfo, keyInfo).sign(new DOMSignContext(key, document.getDocumentElement()));
        TransformerFactory.newInstance().newTransformer()
            .transform(new DOMSource(document), new StreamResult(Path.of(args[2]).toFile()));
        System.out.println("signed " + args[1]);
    }
}
