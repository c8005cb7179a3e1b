// What BouncyCastle says of messages, and a signature of its own. One line of words for each answer on stdout:
//   message <path> <signature> <digest> <certificate> <time of the time stamp in seconds, or ->
//   made <x> <y> <document> <signature>, all in hexadecimal
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.CMSAttributes;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.ua.DSTU4145Params;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.crypto.digests.GOST3411Digest;
import org.bouncycastle.jce.interfaces.ECPublicKey;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.tsp.TimeStampToken;

public class Judge {
    static final String ALGORITHM = "GOST3411WITHDSTU4145LE";

    public static void main(String[] words) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        X509Certificate authority = certificate(Files.readAllBytes(Path.of(words[0])));
        for (String path : Arrays.copyOfRange(words, 1, words.length)) {
            judge(authority, path);
        }
        make();
    }

    static void judge(X509Certificate authority, String path) throws Exception {
        CMSSignedData data = new CMSSignedData(Files.readAllBytes(Path.of(path)));
        SignerInformation signer = data.getSignerInfos().getSigners().iterator().next();
        Object holder = data.getCertificates().getMatches(signer.getSID()).iterator().next();
        X509Certificate own = certificate(((X509CertificateHolder) holder).getEncoded());
        byte[] content = (byte[]) data.getSignedContent().getContent();
        ASN1OctetString digest = (ASN1OctetString) signer.getSignedAttributes()
            .get(CMSAttributes.messageDigest).getAttrValues().getObjectAt(0);
        System.out.println(String.join(" ", "message", path, "" + isSignedBy(own, signer),
            "" + Arrays.equals(digest.getOctets(), hash(content)), "" + isIssuedBy(own, authority), stamped(signer)));
    }

    static boolean isSignedBy(X509Certificate own, SignerInformation signer) throws Exception {
        Signature signature = Signature.getInstance(ALGORITHM, "BC");
        signature.initVerify(own.getPublicKey());
        signature.update(signer.getEncodedSignedAttributes());
        return signature.verify(new DEROctetString(signer.getSignature()).getEncoded()); // as certificates hold it
    }

    static boolean isIssuedBy(X509Certificate own, X509Certificate authority) throws Exception {
        try {
            own.verify(authority.getPublicKey(), "BC");
            return true;
        } catch (java.security.GeneralSecurityException refused) {
            return false;
        }
    }

    static String stamped(SignerInformation signer) throws Exception {
        if (signer.getUnsignedAttributes() == null) {
            return "-";
        }
        Attribute stamp = signer.getUnsignedAttributes().get(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken);
        TimeStampToken token = new TimeStampToken(ContentInfo.getInstance(stamp.getAttrValues().getObjectAt(0)));
        byte[] imprint = token.getTimeStampInfo().getMessageImprintDigest();
        if (!Arrays.equals(imprint, hash(signer.getSignature()))) {
            return "another";
        }
        return "" + token.getTimeStampInfo().getGenTime().getTime() / 1000;
    }

    static byte[] hash(byte[] data) {
        byte[] packed = DSTU4145Params.getDefaultDKE();
        byte[] box = new byte[128];
        for (int at = 0; at < packed.length; at++) {
            box[2 * at] = (byte) (packed[at] >> 4 & 15);
            box[2 * at + 1] = (byte) (packed[at] & 15);
        }
        GOST3411Digest digest = new GOST3411Digest(box);
        byte[] made = new byte[32];
        digest.update(data, 0, data.length);
        digest.doFinal(made, 0);
        return made;
    }

    static void make() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("DSTU4145", "BC");
        generator.initialize(new java.security.spec.ECGenParameterSpec("1.2.804.2.1.1.1.1.3.1.1.2.6"));
        KeyPair pair = generator.generateKeyPair();
        byte[] document = "a receipt of another make".getBytes(StandardCharsets.US_ASCII);
        Signature signature = Signature.getInstance(ALGORITHM, "BC");
        signature.initSign(pair.getPrivate());
        signature.update(document);
        HexFormat hex = HexFormat.of();
        ECPoint point = ((ECPublicKey) pair.getPublic()).getQ();
        System.out.println(String.join(" ", "made", point.getAffineXCoord().toBigInteger().toString(16),
            point.getAffineYCoord().toBigInteger().toString(16), hex.formatHex(document),
            hex.formatHex(signature.sign())));
    }

    static X509Certificate certificate(byte[] encoded) throws CertificateException, java.security.NoSuchProviderException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", "BC");
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(encoded));
    }
}
