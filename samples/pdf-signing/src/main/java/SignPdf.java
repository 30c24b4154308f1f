import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Calendar;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.ferrohsm.provider.FerroHsmProvider;

/**
 * Signs a PDF document: PDFBox makes room for the signature, Bouncy Castle builds it (CMS), the HSM signs.
 *
 * <p>Usage: {@code SignPdf ALIAS INPUT OUTPUT}.
 */
public final class SignPdf {
    private SignPdf() {
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new FerroHsmProvider());
        KeyStore hsm = KeyStore.getInstance("FERROHSM");
        hsm.load(null, null);

        try (PDDocument document = Loader.loadPDF(Path.of(args[1]).toFile());
            OutputStream output = Files.newOutputStream(Path.of(args[2]))) {
            PDSignature signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(PDSignature.SUBFILTER_ADBE_PKCS7_DETACHED);
            signature.setName("Example Office");
            signature.setReason("Approved");
            signature.setSignDate(Calendar.getInstance());
            document.addSignature(signature, content -> sign(hsm, args[0], content));
            document.saveIncremental(output);
        }
        System.out.println("signed " + args[1]);
    }

    private static byte[] sign(KeyStore hsm, String alias, InputStream content) throws IOException {
        try {
            X509Certificate[] chain = Arrays.copyOf(hsm.getCertificateChain(alias), hsm.getCertificateChain(alias).length,
                X509Certificate[].class);
            ContentSigner signer = new JcaContentSignerBuilder("SHA256withRSA").setProvider(hsm.getProvider())
                .build((PrivateKey) hsm.getKey(alias, null));
            CMSSignedDataGenerator cms = new CMSSignedDataGenerator();
            cms.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
                .build(signer, chain[0]));
            cms.addCertificates(new JcaCertStore(Arrays.asList(chain)));
            return cms.generate(new CMSProcessableByteArray(content.readAllBytes()), false).getEncoded();
        } catch (GeneralSecurityException | OperatorCreationException | CMSException e) {
            throw new IOException(e);
        }
    }
}
